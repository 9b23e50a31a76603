import assert from "node:assert/strict";
import { createBodyReader } from "../../server/body.ts";

/** In more time than any of these bodies takes, unless it is said. */
const readJsonBody = (request: Request, bytesMax: number, waitMs = 10_000) =>
  createBodyReader({ bytesMax, waitMs })(request);

const JSON_TYPE = { "content-type": "application/json" };

/** A body that comes in pieces, without its length being told, and never ends unless `end`. */
function inPieces(pieces: readonly Uint8Array<ArrayBuffer>[], { end = true, onCancel = () => {} } = {}): Request {
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      if (end) controller.close();
    },
    cancel: onCancel,
  });
  return new Request("http://localhost/mcp", { method: "POST", headers: JSON_TYPE, body });
}

const bytes = (text: string) => new TextEncoder().encode(text);
const whole = (text: string, headers: Record<string, string> = JSON_TYPE) =>
  new Request("http://localhost/mcp", { method: "POST", headers, body: bytes(text) });

Deno.test("only application/json is taken, which a page of another site cannot send unasked", async (t) => {
  for (
    const type of [
      "application/json",
      "application/json; charset=utf-8",
      "Application/JSON ;charset=utf-8",
      "application/json;",
    ]
  ) {
    await t.step(type, async () => assert.equal(await readJsonBody(whole("{}", { "content-type": type }), 10), "{}"));
  }
  const refused = [
    "text/plain",
    "text/plain; application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=application/json",
    "application/json-patch+json",
    "application/jsonp",
    "application/json, text/plain",
    "x-application/json",
    "",
  ];
  for (const type of refused) {
    await t.step(`not ${type || "an empty one"}`, async () => {
      const expected = `Expected content-type application/json, but got ${JSON.stringify(type)}`;
      assert.deepEqual(await readJsonBody(whole("{}", { "content-type": type }), 10), {
        reason: "content_type",
        status: 415,
        error: expected,
      });
    });
  }
  const untyped = new Request("http://localhost/mcp", { method: "POST", body: bytes("{}") });
  assert.deepEqual(await readJsonBody(untyped, 10), {
    reason: "content_type",
    status: 415,
    error: "Expected content-type application/json, but got null",
  });
});

Deno.test("a body has a bound in bytes, whether its length is told or not", async () => {
  const tooLarge = { reason: "message_bytes", status: 413, error: "Send at most 4 bytes" };
  const told = (length: string, text: string) =>
    readJsonBody(whole(text, { ...JSON_TYPE, "content-length": length }), 4);
  assert.equal(await told("4", "1234"), "1234");
  assert.deepEqual(await told("5", "12345"), tooLarge);
  assert.deepEqual(await told("99999999999999999999", ""), tooLarge);
  // What is told is believed only where it is too much.
  assert.deepEqual(await told("1", "12345"), tooLarge);
  assert.deepEqual(await told("-1", "12345"), tooLarge);
  assert.deepEqual(await told("many", "12345"), tooLarge);
  assert.equal(await readJsonBody(inPieces([bytes("12"), bytes("34")]), 4), "1234");
  assert.deepEqual(await readJsonBody(inPieces([bytes("12"), bytes("345")]), 4), tooLarge);
  // Bytes, not characters.
  assert.deepEqual(await readJsonBody(inPieces([bytes("😀a")]), 4), tooLarge);
});

Deno.test("a body that is too large is read no further", async () => {
  const cancelled = Promise.withResolvers<void>();
  const endless = inPieces([bytes("12345")], { end: false, onCancel: () => cancelled.resolve() });
  assert.deepEqual(await readJsonBody(endless, 4), {
    reason: "message_bytes",
    status: 413,
    error: "Send at most 4 bytes",
  });
  await cancelled.promise;
});

Deno.test("a body that stalls is given up", async () => {
  const cancelled = Promise.withResolvers<void>();
  const stalled = inPieces([bytes("{")], { end: false, onCancel: () => cancelled.resolve() });
  assert.deepEqual(await readJsonBody(stalled, 100, 1), {
    reason: "body_late",
    status: 408,
    error: "The body did not arrive within 1 ms",
  });
  await cancelled.promise;
});

Deno.test("a character may be split between two pieces", async () => {
  const text = '{"key":"😀é"}';
  const all = bytes(text);
  const pieces = Array.from(all, (_, index) => all.slice(index, index + 1));
  assert.equal(await readJsonBody(inPieces(pieces), 100), text);
});

Deno.test("bytes that are no UTF-8 are refused, since they would be stored as another text than was sent", async () => {
  const refused = { reason: "body", status: 400, error: "Expected a body in UTF-8" };
  for (const bad of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
    assert.deepEqual(await readJsonBody(inPieces([bytes('{"a":"'), Uint8Array.from(bad), bytes('"}')]), 100), refused);
  }
  assert.deepEqual(
    await readJsonBody(inPieces([bytes('"'), Uint8Array.of(0xe2, 0x82)]), 100),
    refused,
    "cut at its end",
  );
});

Deno.test("a body that breaks off is an answer to nobody, not a fault", async () => {
  const body = new ReadableStream({
    pull: (controller) => controller.error(new Deno.errors.BadResource("The peer has gone")),
  });
  const request = new Request("http://localhost/mcp", { method: "POST", headers: JSON_TYPE, body });
  assert.deepEqual(await readJsonBody(request, 100), { reason: "body", status: 400, error: "The body broke off" });
});

Deno.test("no body is an empty one, and a mark of the byte order is no part of it", async () => {
  assert.equal(await readJsonBody(new Request("http://localhost/", { method: "POST", headers: JSON_TYPE }), 10), "");
  assert.equal(await readJsonBody(inPieces([Uint8Array.of(0xef, 0xbb, 0xbf), bytes("{}")]), 10), "{}");
});
