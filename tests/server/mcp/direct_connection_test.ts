import assert from "node:assert/strict";
import { DirectConnection } from "../../../server/mcp/direct/connection.ts";
import { type Peer, Slots } from "../../../server/peer.ts";

/** A connection past its handshake, whose requests end when they are told that nobody waits. */
function connect() {
  const gone = new AbortController();
  const peer: Peer = {
    principal: { name: "default", authMethod: "none", roles: [] },
    ...{ transport: "stdio", client: {}, session: "s", signal: gone.signal, slots: new Slots(8) },
  };
  const connection = new DirectConnection({
    async answer(_, { signal }) {
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return '"result":{}';
    },
  }, peer);
  connection.answered("legacy", "initialize", {});
  const ask = async (id: number) => {
    const request = connection.read({ jsonrpc: "2.0", id, method: "ping" });
    return await connection.answer(request ?? assert.fail("Expected a request that needs no SDK"));
  };
  return { gone, ask };
}

Deno.test("a client that goes away cancels what runs for it, and what is read of it afterwards", async () => {
  const { gone, ask } = connect();
  const running = ask(1);
  gone.abort();
  assert.equal(await running, "");
  assert.equal(await ask(2), "");
});
