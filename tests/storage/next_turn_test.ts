import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { nextTurn } from "../../storage/next_turn.ts";

/** Of which there are some 60 where Deno is never made to look. */
const TURNS_MAX = 12;
/** In a thread of its own: sends a byte when it is told to, and then says so. */
const PEER = `
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
postMessage(listener.addr.port);
const connection = await listener.accept();
onmessage = async ({ data }) => {
  await connection.write(new Uint8Array(1));
  Atomics.store(data, 0, 1);
  Atomics.notify(data, 0);
};
postMessage("ready");
`;

Deno.test("what a peer has sent is read after a few turns, however many follow each other", async () => {
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(PEER)}`, { type: "module" });
  const [{ data: port }] = await once(worker, "message");
  const ready = once(worker, "message");
  const socket = connect(port, "127.0.0.1");
  try {
    await Promise.all([ready, once(socket, "connect")]);
    for (let round = 0; round < 5; round++) {
      const sent = new Int32Array(new SharedArrayBuffer(4));
      let isRead = false;
      socket.once("data", () => isRead = true);
      // Two chains: neither keeps the other from reading.
      const chains = [0, 1].map(async (chain) => {
        for (let turns = 1;; turns++) {
          await new Promise<void>(nextTurn);
          if (isRead || turns === TURNS_MAX) return turns;
          if (chain > 0 || turns > 1) continue;
          worker.postMessage(sent);
          assert.notEqual(Atomics.wait(sent, 0, 0, 10_000), "timed-out");
        }
      });
      assert((await Promise.all(chains)).every((turns) => turns < TURNS_MAX), `round ${round}`);
    }
  } finally {
    socket.destroy();
    worker.terminate();
  }
});

Deno.test("each goes on once, in the order in which it asked", async () => {
  const order: number[] = [];
  await Promise.all(Array.from({ length: 50 }, (_, i) =>
    new Promise<void>((resolve) =>
      nextTurn(() => {
        order.push(i);
        resolve();
      })
    )));
  assert.deepEqual(order, Array.from({ length: 50 }, (_, i) => i));
});
