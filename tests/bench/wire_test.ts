import assert from "node:assert/strict";
import { httpWire } from "../../bench/load/http_wire.ts";
import { frameOf, webSocketWire } from "../../bench/load/websocket_wire.ts";
import { decoder, encoder, type Wire } from "../../bench/load/wire.ts";

/** What the load hears of bytes that come in pieces of every length. */
function heard(wire: Wire, bytes: Uint8Array, pieceBytes: number) {
  const replies: { readonly slot: number; readonly text: string }[] = [];
  const read = wire.reader((slot, reply) => replies.push({ slot, text: decoder.decode(reply) }));
  for (let at = 0; at < bytes.length; at += pieceBytes) read(bytes.slice(at, at + pieceBytes));
  return replies;
}

/** A frame as a server sends it: without a mask. */
function serverFrame(text: string): Uint8Array {
  const frame = frameOf(text);
  const header = frame.length - encoder.encode(text).length - 4;
  const bytes = new Uint8Array(frame.length - 4);
  bytes.set(frame.subarray(0, header));
  bytes.set(frame.subarray(header + 4), header);
  bytes[1] = (bytes[1] ?? 0) & 0x7f;
  return bytes;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

Deno.test("the load tells WebSocket replies of every length apart, and which slot each answers", () => {
  const wire = webSocketWire(1, "/mcp", 8, String);
  const texts = [1, 200, 66_000].map((length, i) => `{"jsonrpc":"2.0","id":${i * 7},"result":"${"x".repeat(length)}"}`);
  const ping = new Uint8Array([0x89, 0]);
  const bytes = concat([ping, ...texts.map(serverFrame), ...texts.map(serverFrame)]);
  const expected = [...texts, ...texts].map((text, i) => ({ slot: i % 3 * 7, text }));
  for (const pieceBytes of [bytes.length, 65_536, 1000, 50]) {
    assert.deepEqual(heard(wire, bytes, pieceBytes), expected, `in pieces of ${pieceBytes} bytes`);
  }
  assert.throws(() => heard(wire, new Uint8Array([0x88, 4, 3, 240, 72, 105]), 6), /The server closed: Hi/);
  assert.throws(() => heard(wire, serverFrame('{"result":1}'), 99), /A reply without an id/);
});

Deno.test("the load reads HTTP replies with a length and in chunks, and takes no other status for a reply", () => {
  const posted = { path: "/mcp", headers: { accept: "*/*" }, body: (id: number) => `{"id":${id}}` };
  const wire = httpWire(80, posted);
  const head = "POST /mcp HTTP/1.1\r\nhost: 127.0.0.1:80\r\ncontent-length: 8\r\naccept: */*\r\n\r\n";
  assert.equal(decoder.decode(wire.question(3, 0)), `${head}{"id":3}`);
  const plain = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplain";
  const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  const bytes = encoder.encode(plain + chunked + plain);
  for (const pieceBytes of [bytes.length, 7, 1]) {
    const texts = heard(wire, bytes, pieceBytes).map(({ text }) => text);
    assert.deepEqual(texts, ["plain", "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "plain"], `in pieces of ${pieceBytes} bytes`);
  }
  const refused = encoder.encode("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 2\r\n\r\nno");
  assert.throws(() => heard(wire, refused, 99), /The server answered HTTP\/1.1 429 Too Many Requests: no/);
});
