import { openConnection, readUntil, writeAll } from "../load/connections.ts";
import { frameOf, webSocketWire } from "../load/websocket_wire.ts";
import { decoder } from "../load/wire.ts";
import type { Subject } from "./subjects.ts";

/** One socket that calls one after another; a reply that is no result is an error. */
export interface Caller extends AsyncDisposable {
  call(method: string, params: Readonly<Record<string, unknown>>): Promise<string>;
  /** Milliseconds of the middle one of so many calls. */
  median(times: number, method: string, params: (i: number) => Readonly<Record<string, unknown>>): Promise<number>;
}

/**
 * A caller whose every message leaves in one write: Deno's own client sends a frame's head and a payload of over 1 KiB
 * apart, and its server then waits 40 ms for the rest, since the one delays what the other has to acknowledge.
 */
export async function openCaller({ socketUrl }: Pick<Subject, "socketUrl">): Promise<Caller> {
  const wire = webSocketWire(Number(new URL(socketUrl).port), "/mcp", 1, () => "");
  const connection = await openConnection(wire);
  let id = 0;
  const call: Caller["call"] = async (method, params) => {
    await writeAll(connection, frameOf(JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params })));
    let reply = "";
    const take = wire.reader((_, bytes) => reply = decoder.decode(bytes));
    await readUntil(connection, take, () => Promise.resolve(reply !== ""));
    if (!/^\{"jsonrpc":"2.0","id":\d+,"result"/.test(reply)) throw new Error(`Not a result: ${reply.slice(0, 500)}`);
    return reply;
  };
  return {
    call,
    async median(times, method, params) {
      const tookMs = [];
      for (let i = 0; i < times; i++) {
        const startedMs = performance.now();
        await call(method, params(i));
        tookMs.push(performance.now() - startedMs);
      }
      return tookMs.sort((a, b) => a - b)[times >> 1] ?? NaN;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(connection.close()),
  };
}
