import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { Deadlines } from "../../storage/deadlines.ts";

const DEADLINE_MS = 100;
const STALL_MS = 300;
/** In a thread of its own: tells that it was asked, and answers while the asker stands still. */
const PEER = `
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
postMessage(listener.addr.port);
const connection = await listener.accept();
const asked = new Uint8Array(8);
while (await connection.read(asked)) {
  postMessage("asked");
  setTimeout(() => connection.write(asked), ${DEADLINE_MS / 2});
}
`;

Deno.test("an answer that came in time is not late because this process stood still", async () => {
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(PEER)}`, { type: "module" });
  const [{ data: port }] = await once(worker, "message");
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    const deadlines = new Deadlines(DEADLINE_MS);
    for (let round = 0; round < 3; round++) {
      let isLate = false;
      const answered = once(socket, "data");
      const asked = once(worker, "message");
      const deadline = deadlines.begin(() => isLate = true);
      socket.once("data", () => deadlines.end(deadline));
      socket.write("question");
      await asked;
      const endMs = performance.now() + STALL_MS;
      while (performance.now() < endMs);
      await answered;
      assert(!isLate, `round ${round}`);
    }
  } finally {
    socket.destroy();
    worker.terminate();
  }
});
