import assert from "node:assert/strict";
import { readLines } from "../../../server/mcp/lines.ts";
import { serveLines, type StdioOptions } from "../../../server/mcp/stdio.ts";
import { DEFAULT_PRINCIPAL, Slots } from "../../../server/peer.ts";

const encode = (text: string) => new TextEncoder().encode(text);

const LINES: readonly (readonly [what: string, chunks: readonly string[], lines: readonly (string | undefined)[]])[] = [
  ["whole lines", ["a\nb\n"], ["a", "b"]],
  ["a line in pieces", ["a", "b", "c\n"], ["abc"]],
  ["a last line without an end", ["a\nb"], ["a", "b"]],
  ["empty lines", ["\n\na\n"], ["", "", "a"]],
  ["nothing", [], []],
  ["one that is as long as it may be", ["12345678\n"], ["12345678"]],
  ["one that is too long, in one piece", ["123456789\na\n"], [undefined, "a"]],
  ["one that is too long, in pieces", ["1234567", "89", "9999999999", "\na"], [undefined, "a"]],
  ["a last one that is too long", ["123456789"], [undefined]],
];

for (const [what, chunks, lines] of LINES) {
  Deno.test(`lines are read of ${what}`, async () => {
    const input = ReadableStream.from(chunks.map(encode));
    assert.deepEqual(await Array.fromAsync(readLines(input, 8)), lines);
  });
}

Deno.test("a character that comes in two pieces is whole", async () => {
  const bytes = encode("grüße\n");
  const input = ReadableStream.from([bytes.slice(0, 3), bytes.slice(3)]);
  assert.deepEqual(await Array.fromAsync(readLines(input, 100)), ["grüße"]);
});

/** A connection whose dialogue is the test's. */
function start(
  open: StdioOptions["open"],
  more: Partial<StdioOptions> & Pick<StdioOptions, "input">,
) {
  const written: string[] = [];
  const output = new WritableStream<Uint8Array>({
    write: (bytes) => void written.push(new TextDecoder().decode(bytes)),
  });
  const faults: unknown[] = [];
  const connection = serveLines({
    ...{ open, output, messageBytesMax: 1000, pendingMax: 2, queuedBytesMax: 1000 },
    peer: { principal: DEFAULT_PRINCIPAL, transport: "stdio", client: {}, session: "s", slots: new Slots(1) },
    onFault: (error) => void faults.push(error),
    ...more,
  });
  return { connection, written, faults };
}

Deno.test("no more messages are read than may be under way", async () => {
  const taken: string[] = [];
  const release: (() => void)[] = [];
  const { readable: input, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const third = Promise.withResolvers<void>();
  const { connection } = start(() => ({
    receive(text) {
      taken.push(text);
      if (taken.length === 3) third.resolve();
      return new Promise((resolve) => release.push(resolve));
    },
    close() {},
  }), { input });
  const writer = writable.getWriter();
  const writing = writer.write(encode("1\n2\n3\n")).then(() => writer.close());
  while (taken.length < 2) await Promise.resolve();
  for (let turn = 0; turn < 100; turn++) await Promise.resolve();
  assert.deepEqual(taken, ["1", "2"]);
  release[0]?.();
  await third.promise;
  release.slice(1).forEach((resolve) => resolve());
  await Promise.all([connection.ended, writing]);
  await connection.close();
});

Deno.test("a client that does not read is given up, and its calls are cancelled", async () => {
  const stuck = new WritableStream<Uint8Array>({ write: () => new Promise(() => {}) });
  let signal: AbortSignal | undefined;
  const { connection } = start((peer, send) => {
    signal = peer.signal;
    return {
      receive(text) {
        for (let times = 0; times < 20; times++) send(text.padEnd(100));
        return new Promise(() => {});
      },
      close() {},
    };
  }, { input: ReadableStream.from([encode("1\n")]), output: stuck });
  await connection.ended;
  assert.equal(signal?.aborted, true);
});

Deno.test("a client that has closed our output is given up", async () => {
  const broken = new WritableStream<Uint8Array>({ write: () => Promise.reject(new Error("Broken pipe")) });
  const { connection } = start((_, send) => ({
    receive(text) {
      send(text);
      return new Promise(() => {});
    },
    close() {},
  }), { input: ReadableStream.from([encode("1\n")]), output: broken });
  await connection.ended;
  await connection.close();
});

Deno.test("a message that fails is a fault, and the others are answered", async () => {
  const { connection, written, faults } = start((_, send) => ({
    receive(text) {
      if (text === "1") return Promise.reject(new Error("It failed"));
      send(text);
      return Promise.resolve();
    },
    close() {},
  }), { input: ReadableStream.from([encode("1\n2\n")]) });
  await connection.ended;
  await connection.close();
  assert.deepEqual(written, ["2\n"]);
  assert.deepEqual(faults.map(String), ["Error: It failed"]);
});
