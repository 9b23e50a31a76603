import assert from "node:assert/strict";
import { createMemoryMcpSessionStore } from "../../../../storage/embedded/mcp_session_store.ts";
import type { SessionHub, SessionListener } from "../../../../server/mcp/session/hub.ts";
import { listen, resume } from "../../../../server/mcp/session/listening.ts";
import { manualClock } from "../../../contracts/manual_clock.ts";

const SESSION = "01234567-89ab-7cde-8f01-23456789abcd";
const onFault = (error: unknown) => assert.fail(`${error}`);

/** A hub that counts who listens, and may tell a listener something before it knows that it listens. */
function countingHub(first: Parameters<SessionListener>[0] | undefined = undefined) {
  let listening = 0;
  let last: SessionListener | undefined;
  const hub: SessionHub = {
    async listen(_, listener) {
      listening++;
      last = listener;
      await Promise.resolve();
      if (first) listener(first);
      return { [Symbol.dispose]: () => void listening-- };
    },
    tell: (_, notice) => Promise.resolve(void last?.(notice)),
    async [Symbol.asyncDispose]() {},
  };
  return { hub, listening: () => listening };
}

const STREAMS: readonly (readonly [string, (hub: SessionHub) => Promise<Response>])[] = [
  ["a stream to listen on", (hub) => listen(SESSION, hub)],
  ["a stream that is gone on with", (hub) => {
    const sessions = createMemoryMcpSessionStore(manualClock());
    return resume(SESSION, `${SESSION}_1-0`, { sessions, hub, onFault });
  }],
];

for (const [what, open] of STREAMS) {
  Deno.test(`${what} ends with its session, and listens no more`, async () => {
    const { hub, listening } = countingHub();
    const response = await open(hub);
    assert.equal(listening(), 1);
    await hub.tell(SESSION, { kind: "end" });
    assert.equal(await response.text(), "");
    assert.equal(listening(), 0);
  });

  Deno.test(`${what} whose session ends while it begins has ended, and listens no more`, async () => {
    const { hub, listening } = countingHub({ kind: "end" });
    assert.equal(await (await open(hub)).text(), "");
    assert.equal(listening(), 0);
  });

  Deno.test(`${what} listens no more once its client has gone`, async () => {
    const { hub, listening } = countingHub();
    await (await open(hub)).body?.cancel();
    assert.equal(listening(), 0);
  });
}
