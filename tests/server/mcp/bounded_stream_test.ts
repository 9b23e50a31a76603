import assert from "node:assert/strict";
import { boundUnread } from "../../../server/mcp/bounded_stream.ts";

/** A stream whose writer does not look whether anybody reads. */
function source() {
  let controller: ReadableStreamDefaultController<Uint8Array>;
  const left = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({
    start: (opened) => void (controller = opened),
    cancel: () => left.resolve(),
  });
  return {
    response: new Response(body, { headers: { "content-type": "text/event-stream" } }),
    write: (bytes: number) => controller.enqueue(new Uint8Array(bytes)),
    close: () => controller.close(),
    breakOff: () => controller.error(new Error("It broke")),
    left: left.promise,
  };
}

Deno.test("a client that leaves too much unread gets what was there, and then the end", async () => {
  const { response, write, left } = source();
  const ended = Promise.withResolvers<void>();
  const bounded = boundUnread(response, ended.resolve, 100);
  for (let count = 0; count < 8; count++) write(30);
  await left;
  await ended.promise;
  assert.equal((await bounded.arrayBuffer()).byteLength, 90);
});

Deno.test("a client that reads gets everything, however much it is", async () => {
  const { response, write, close } = source();
  const ended = Promise.withResolvers<void>();
  let isOver = false;
  ended.promise.then(() => isOver = true);
  const bounded = boundUnread(response, ended.resolve, 100);
  assert.equal(bounded.headers.get("content-type"), "text/event-stream");
  const reader = bounded.body?.getReader();
  for (let count = 0; count < 10; count++) {
    write(60);
    assert.equal((await reader?.read())?.value?.byteLength, 60);
  }
  assert(!isOver);
  close();
  assert.equal((await reader?.read())?.done, true);
  await ended.promise;
});

Deno.test("a client that goes is told on to the writer, and a writer that breaks off to the client", async () => {
  const [gone, broken] = [source(), source()];
  let ended = 0;
  await boundUnread(gone.response, () => ended++).body?.cancel();
  await gone.left;
  const bounded = boundUnread(broken.response, () => ended++);
  broken.breakOff();
  await assert.rejects(bounded.text(), /It broke/);
  assert.equal(ended, 2);
});

Deno.test("a response without a body has ended", () => {
  let ended = 0;
  boundUnread(new Response(null, { status: 202 }), () => ended++);
  assert.equal(ended, 1);
});
