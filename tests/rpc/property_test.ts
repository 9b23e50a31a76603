import assert from "node:assert/strict";
import fc from "fast-check";
import { RpcError } from "../../rpc/error.ts";
import { type Id, type Params, parseMessage } from "../../rpc/message.ts";
import { JsonText, type MethodTable } from "../../rpc/router.ts";
import { parseAnswer, parseBatch, parseSingle } from "./response.ts";
import { houseRouter, strictRouter } from "./routers.ts";

const CAUSE = "the cause that must not leave";

const methods: MethodTable<void> = {
  echo: ({ params }) => params,
  text: () => new JsonText("[1]"),
  later: () => Promise.resolve("later"),
  refused: () => {
    throw new RpcError(-32003, "No", { kind: "forbidden" });
  },
  fault: () => {
    throw new Error(CAUSE);
  },
  word: () => Promise.reject(CAUSE),
  big: () => 1n,
  function: () => () => CAUSE,
  "notifications/echo": ({ params }) => params,
};
const routers = [strictRouter(methods), houseRouter(methods)];

const safeNumber = fc.oneof(
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !Number.isInteger(n) || Number.isSafeInteger(n)),
).map((n) => n === 0 ? 0 : n); // JSON has no −0.
const anyString = fc.string({ unit: "binary" });
const id: fc.Arbitrary<Id> = fc.oneof(fc.constant(null), anyString, safeNumber);
const params = fc.oneof(
  fc.constant(undefined),
  // A dictionary that came as JSON text is one without a prototype's tricks: "__proto__" is a member as any.
  fc.jsonValue({ stringUnit: "binary", maxDepth: 6 }).map((value): Params => JSON.parse(JSON.stringify([value]))),
  fc.dictionary(anyString, fc.jsonValue({ maxDepth: 4 })).map((value): Params => JSON.parse(JSON.stringify(value))),
);
const method = fc.oneof(
  fc.constantFrom(...Object.keys(methods), ...Object.getOwnPropertyNames(Object.prototype)),
  anyString,
);
const request = fc.record({ jsonrpc: fc.constant("2.0"), id, method, params });

/** What a peer might make of a message's members by mistake or on purpose. */
const nearRequest = fc.record({
  jsonrpc: fc.oneof({ weight: 5, arbitrary: fc.constant("2.0") }, fc.jsonValue()),
  id: fc.oneof({ weight: 3, arbitrary: id }, fc.jsonValue()),
  method: fc.oneof({ weight: 3, arbitrary: method }, fc.jsonValue()),
  params: fc.oneof({ weight: 3, arbitrary: params }, fc.jsonValue()),
}, { requiredKeys: [] });

const nearText = fc.oneof(nearRequest, fc.array(nearRequest, { maxLength: 6 })).map((value) => JSON.stringify(value));

/** A valid text with pieces taken out, put in or written over. */
const mutated = fc.tuple(
  nearText,
  fc.array(
    fc.tuple(fc.nat(), fc.nat({ max: 3 }), fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom(...'{}[],:"\\\0'))),
    { minLength: 1, maxLength: 4 },
  ),
).map(([text, edits]) =>
  edits.reduce((rest, [at, removed, inserted]) => {
    const start = at % (rest.length + 1);
    return rest.slice(0, start) + inserted + rest.slice(start + removed);
  }, text)
);

const anyText = fc.oneof(
  nearText,
  mutated,
  fc.json({ stringUnit: "binary" }),
  fc.string({ unit: "binary" }),
  // Lone surrogates, which no socket delivers but a caller of the router may.
  fc.array(fc.nat({ max: 0xffff })).map((codes) => String.fromCharCode(...codes)),
);

Deno.test("no text makes a router throw or answer with anything but valid responses", async () => {
  await fc.assert(
    fc.asyncProperty(anyText, async (text) => {
      for (const router of routers) {
        const reply = await router(text);
        if (reply === undefined) continue;
        const answer = parseAnswer(reply.text);
        assert(!reply.text.includes(CAUSE) || text.includes(CAUSE));
        assert.equal(reply.errorCode, "error" in answer ? answer.error.code : undefined);
      }
    }),
    { numRuns: 3000 },
  );
});

Deno.test("a router answers a request with the request's id", async () => {
  await fc.assert(fc.asyncProperty(request, async (sent) => {
    for (const router of routers) {
      assert.deepEqual(parseSingle((await router(JSON.stringify(sent)))?.text).id, sent.id);
    }
  }));
});

Deno.test("a router answers a batch of requests one by one, in their order", async () => {
  await fc.assert(fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 20 }), async (batch) => {
    for (const router of routers) {
      const responses = parseBatch((await router(JSON.stringify(batch)))?.text);
      assert.deepEqual(responses.map((response) => response.id), batch.map((sent) => sent.id));
      const alone = await Promise.all(batch.map((sent) => router(JSON.stringify(sent))));
      assert.deepEqual(responses, alone.map((reply) => parseSingle(reply?.text)));
    }
  }));
});

Deno.test("the strict router leaves out of a batch's answer just the notifications", async () => {
  const message = fc.record({ jsonrpc: fc.constant("2.0"), id, method, params }, {
    requiredKeys: ["jsonrpc", "method"],
  });
  await fc.assert(fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 20 }), async (batch) => {
    const [strict] = routers;
    const requests = batch.filter((sent) => Object.hasOwn(sent, "id"));
    const reply = await strict?.(JSON.stringify(batch));
    if (requests.length === 0) return assert.equal(reply, undefined);
    assert.deepEqual(parseBatch(reply?.text).map((response) => response.id), requests.map((sent) => sent.id));
  }));
});

Deno.test("a message that is printed and parsed is the same message", () => {
  fc.assert(fc.property(request, (sent) => {
    const incoming = parseMessage(JSON.stringify(sent), { idRequired: true, batchMax: 1, depthMax: 64 });
    assert.deepEqual(incoming, {
      kind: "single",
      message: { kind: "request", id: sent.id, method: sent.method, params: sent.params },
    });
  }));
});

Deno.test("a router gives JSON back as it got it", async () => {
  await fc.assert(fc.asyncProperty(id, params, async (id, params) => {
    for (const router of routers) {
      const reply = await router(JSON.stringify({ jsonrpc: "2.0", id, method: "echo", params }));
      const expected = JSON.stringify({ jsonrpc: "2.0", id, result: params ?? null });
      assert.equal(reply?.text, expected);
    }
  }));
});
