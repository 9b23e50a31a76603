import assert from "node:assert/strict";
import * as codes from "../../rpc/error.ts";
import { createRouter, JsonText, type Request } from "../../rpc/router.ts";
import { parseBatch, parseSingle, type Response } from "./response.ts";
import { houseRouter, requestText, strictRouter } from "./routers.ts";

const CAUSE = "postgres://aiagent:hunter2@10.0.0.7";

function errorOf(response: Response) {
  assert("error" in response, `Expected an error, but got ${JSON.stringify(response)}`);
  return response.error;
}

Deno.test("error codes are JSON-RPC's own", () => {
  assert.equal(codes.PARSE_ERROR, -32700);
  assert.equal(codes.INVALID_REQUEST, -32600);
  assert.equal(codes.METHOD_NOT_FOUND, -32601);
  assert.equal(codes.INVALID_PARAMS, -32602);
  assert.equal(codes.INTERNAL_ERROR, -32603);
});

const errorWords: readonly (readonly [send: string, code: number, message: string, kind: string, hint: RegExp])[] = [
  ["{", -32700, "Parse error", "parse_error", /^Send one JSON value a message: /],
  ["7", -32600, "Invalid Request", "invalid_request", /^A request is an object with jsonrpc, id and method$/],
  ["[]", -32600, "Invalid Request", "invalid_request", /^Put at least one request into a batch$/],
  [`[${"0,".repeat(50)}0]`, -32600, "Invalid Request", "invalid_request", /^Put at most 50 requests .*, not 51$/],
  ['{"jsonrpc":"1.0"}', -32600, "Invalid Request", "invalid_request", /^Expected "jsonrpc": "2.0", but got "1.0"$/],
  [
    '{"jsonrpc":"2.0"}',
    -32600,
    "Invalid Request",
    "invalid_request",
    /^Expected a string as "method", but got nothing$/,
  ],
  [
    '{"jsonrpc":"2.0","id":[],"method":"m"}',
    -32600,
    "Invalid Request",
    "invalid_request",
    /^Expected a string, a number up to 2\^53 or null as "id", but got an array$/,
  ],
  [
    '{"jsonrpc":"2.0","id":1,"method":"m","params":"x"}',
    -32600,
    "Invalid Request",
    "invalid_request",
    /^Expected an object or an array as "params", but got "x"$/,
  ],
  ['{"jsonrpc":"2.0","method":"m"}', -32600, "Invalid Request", "invalid_request", /^Add an "id"/],
  [
    `{"jsonrpc":"2.0","id":1,"method":"m","params":${"[".repeat(64)}${"]".repeat(64)}}`,
    -32600,
    "Invalid Request",
    "invalid_request",
    /^Nest at most 64 levels/,
  ],
  [requestText("m"), -32601, "Method not found", "unknown_method", /^Ask for another method$/],
];

for (const [send, code, message, kind, hint] of errorWords) {
  Deno.test(`house router says what to correct: ${hint.source}`, async () => {
    const error = errorOf(parseSingle((await houseRouter({})(send))?.text));
    assert.equal(error.code, code);
    assert.equal(error.message, message);
    const { data } = error;
    assert(typeof data === "object" && data !== null && "kind" in data && "hint" in data);
    assert.equal(data.kind, kind);
    assert.match(String(data.hint), hint);
  });
}

Deno.test("router passes the unknown method to the hint and a throw there is an internal error", async () => {
  const asked: string[] = [];
  const unknownMethodHint = (method: string) => {
    asked.push(method);
    throw new Error(CAUSE);
  };
  const reply = await strictRouter({}, { unknownMethodHint })(requestText("mcp.tool.list"));
  assert.deepEqual(asked, ["mcp.tool.list"]);
  assert.equal(errorOf(parseSingle(reply?.text)).code, -32603);
});

const prototypeNames = Object.getOwnPropertyNames(Object.prototype);

Deno.test("router knows no method by a name of Object.prototype", async (t) => {
  assert(prototypeNames.includes("hasOwnProperty") && prototypeNames.includes("__proto__"));
  for (const name of [...prototypeNames, "prototype"]) {
    await t.step(name, async () => {
      for (const router of [strictRouter({}), houseRouter({})]) {
        assert.equal(errorOf(parseSingle((await router(requestText(name)))?.text)).code, -32601);
      }
    });
  }
});

Deno.test("router calls an own method that has a name of Object.prototype", async () => {
  const reply = await strictRouter({ toString: () => "own" })(requestText("toString"));
  assert.deepEqual(parseSingle(reply?.text), { jsonrpc: "2.0", id: 1, result: "own" });
});

Deno.test("router hands method, id, params and context to the handler", async () => {
  const seen: unknown[] = [];
  const router = createRouter<string>({ m: (request, context) => void seen.push([request, context]) }, {
    idRequired: false,
    batchMax: 1,
    depthMax: 2,
    batchBytesMax: 1,
    batchBytesError: () => assert.fail("no batch is sent"),
    onRefusal: () => {},
    unknownMethodHint: () => "",
    onFault: () => {},
  });
  await router('{"jsonrpc":"2.0","id":"a","method":"m","params":{"b":1}}', "one");
  await router('{"jsonrpc":"2.0","id":null,"method":"m"}', "two");
  await router('{"jsonrpc":"2.0","method":"m","params":[1]}', "three");
  assert.deepEqual(seen, [
    [{ method: "m", id: "a", params: { b: 1 } }, "one"],
    [{ method: "m", id: null, params: undefined }, "two"],
    [{ method: "m", id: undefined, params: [1] }, "three"],
  ]);
});

const cycle: Record<string, unknown> = {};
cycle["self"] = cycle;

const results: readonly (readonly [what: string, result: unknown, expected: unknown])[] = [
  ["null for undefined", undefined, null],
  ["null", null, null],
  ["false", false, false],
  ["zero", 0, 0],
  ["an empty string", "", ""],
  ["a promise's value", Promise.resolve({ a: [1] }), { a: [1] }],
  ["JSON text as it stands", new JsonText('{"b":1,"a":[1e2]}'), { b: 1, a: [100] }],
  ["null for NaN, as JSON does", NaN, null],
  ["half a surrogate pair", "\ud800", "\ud800"],
];

for (const [what, result, expected] of results) {
  Deno.test(`router answers with ${what}`, async () => {
    const reply = await strictRouter({ m: () => result })(requestText("m"));
    assert.deepEqual(parseSingle(reply?.text), { jsonrpc: "2.0", id: 1, result: expected });
    assert.equal(reply?.errorCode, undefined);
  });
}

Deno.test("router prints a JsonText once, to the letter", async () => {
  const reply = await strictRouter({ m: () => new JsonText('{ "a": 1.0 }') })(requestText("m"));
  assert.equal(reply?.text, '{"jsonrpc":"2.0","id":1,"result":{ "a": 1.0 }}');
});

function thrower(thrown: unknown): () => never {
  return () => {
    throw thrown;
  };
}

const faults: readonly (readonly [what: string, handler: (request: Request) => unknown])[] = [
  ["throws an Error", thrower(new Error(CAUSE))],
  ["throws a TypeError with a cause", thrower(new TypeError(CAUSE, { cause: CAUSE }))],
  ["throws a string", thrower(CAUSE)],
  ["throws undefined", thrower(undefined)],
  ["throws null", thrower(null)],
  ["throws what looks like an RpcError", thrower({ name: "RpcError", code: -32000, message: CAUSE })],
  ["throws an object without a prototype", thrower(Object.create(null))],
  ["rejects with an Error", () => Promise.reject(new Error(CAUSE))],
  ["rejects later", () => new Promise((_, reject) => queueMicrotask(() => reject(new Error(CAUSE))))],
  ["returns a BigInt", () => 10n],
  ["returns a BigInt within", () => ({ a: [10n] })],
  ["returns a cycle", () => cycle],
  ["returns a function", () => () => CAUSE],
  ["returns a symbol", () => Symbol(CAUSE)],
  ["returns what prints as nothing", () => ({ toJSON: () => undefined })],
  ["returns what cannot be printed", () => ({ toJSON: thrower(new Error(CAUSE)) })],
  ["returns a getter that throws", () => Object.defineProperty({}, "a", { enumerable: true, get: thrower(CAUSE) })],
  ["returns a thenable that throws", () => ({ then: thrower(new Error(CAUSE)) })],
  ["throws an RpcError whose data cannot be printed", thrower(new codes.RpcError(-32000, CAUSE, { cycle }))],
  ["throws an RpcError with a BigInt in its data", thrower(new codes.RpcError(-32000, CAUSE, { big: 1n }))],
];

for (const [what, handler] of faults) {
  Deno.test(`router answers -32603 without the cause where a handler ${what}`, async () => {
    const told: Request[] = [];
    const router = strictRouter({ m: handler, ok: () => 1 }, { onFault: (_, request) => void told.push(request) });
    const reply = await router(requestText("m", { a: 1 }));
    const { code, message, data } = errorOf(parseSingle(reply?.text));
    assert.equal(code, -32603);
    assert.equal(reply?.errorCode, -32603);
    assert.equal(message, "Internal error");
    assert.deepEqual(data, { kind: "internal", hint: "Try again; the server has logged it" });
    assert(!reply?.text.includes("hunter2"));
    assert.deepEqual(told, [{ method: "m", id: 1, params: { a: 1 } }]);

    const batch = await router(`[${requestText("m")},${requestText("ok")}]`);
    assert.deepEqual(parseBatch(batch?.text).map((one) => "error" in one ? one.error.code : one.result), [-32603, 1]);
    assert.equal(await router('{"jsonrpc":"2.0","method":"m"}'), undefined);
  });
}

Deno.test("router tells onFault what was thrown, and nothing of an RpcError", async () => {
  const told: unknown[] = [];
  const error = new Error(CAUSE);
  const methods = { fault: thrower(error), refused: thrower(new codes.RpcError(-32005, "Slow down")) };
  const router = strictRouter(methods, { onFault: (thrown) => void told.push(thrown) });
  await router(requestText("fault"));
  await router(requestText("refused"));
  await router(requestText("unknown"));
  await router("{");
  assert.deepEqual(told, [error]);
});

Deno.test("router answers even where onFault throws", async () => {
  const router = strictRouter({ m: thrower(new Error(CAUSE)) }, { onFault: thrower(new Error("the log is full")) });
  assert.equal(errorOf(parseSingle((await router(requestText("m")))?.text)).code, -32603);
  assert.equal(await router('{"jsonrpc":"2.0","method":"m"}'), undefined);
});

Deno.test("router sends an RpcError as it stands, without its cause", async () => {
  const data = { kind: "rate_limited", retryAfterMs: 1200 };
  const error = new codes.RpcError(-32005, "Slow down", data, { cause: new Error(CAUSE) });
  const reply = await strictRouter({ m: thrower(error) })(requestText("m"));
  assert.deepEqual(parseSingle(reply?.text), {
    jsonrpc: "2.0",
    id: 1,
    error: { code: -32005, message: "Slow down", data },
  });
  assert.equal(reply?.errorCode, -32005);
});

Deno.test("router leaves data out where an RpcError has none", async () => {
  const reply = await strictRouter({ m: thrower(new codes.RpcError(-32000, "No")) })(requestText("m"));
  assert.equal(reply?.text, '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"No"}}');
});

Deno.test("router runs the requests of a batch at the same time and answers in their order", async () => {
  const first = Promise.withResolvers<string>();
  const second = Promise.withResolvers<string>();
  const router = strictRouter({
    // Each waits for the other: one after the other, neither would end.
    first: async () => {
      first.resolve("from the first");
      return await second.promise;
    },
    second: async () => {
      second.resolve("from the second");
      return await first.promise;
    },
  });
  const reply = await router(`[${requestText("first")},${requestText("second")}]`);
  assert.deepEqual(parseBatch(reply?.text), [
    { jsonrpc: "2.0", id: 1, result: "from the second" },
    { jsonrpc: "2.0", id: 1, result: "from the first" },
  ]);
  assert.equal(reply?.errorCode, undefined);
});

Deno.test("router takes a batch of exactly the bound", async () => {
  const router = strictRouter({ m: () => 1 }, { batchMax: 3 });
  const reply = await router(`[${Array(3).fill(requestText("m")).join(",")}]`);
  assert.equal(parseBatch(reply?.text).length, 3);
});

Deno.test("router runs nothing of a batch over the bound", async () => {
  let runs = 0;
  const router = strictRouter({ m: () => runs++ }, { batchMax: 3 });
  await router(`[${Array(4).fill(requestText("m")).join(",")}]`);
  assert.equal(runs, 0);
});

Deno.test("house router runs a notification that has a handler, silently", async () => {
  let runs = 0;
  const router = houseRouter({ "notifications/seen": () => runs++ });
  assert.equal(await router('{"jsonrpc":"2.0","method":"notifications/seen"}'), undefined);
  assert.equal(runs, 1);
});

Deno.test("house router does not run a method that came without an id", async () => {
  let runs = 0;
  const router = houseRouter({ m: () => runs++ });
  await router('{"jsonrpc":"2.0","method":"m"}');
  assert.equal(runs, 0);
});
