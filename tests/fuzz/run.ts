import assert from "node:assert/strict";
import { type MemoryUse, memoryUse } from "../chaos/memory.ts";
import { type ServerService, startServer } from "../services/server.ts";
import { openSocket } from "../services/socket.ts";
import { createFrames } from "./frames.ts";
import { fuzzHttp } from "./http_lane.ts";
import { createRandom } from "./random.ts";
import { fuzzRaw } from "./raw_lane.ts";
import { fuzzSocket } from "./socket_lane.ts";
import { Tally } from "./tally.ts";

const SOCKETS = 6;
const SAMPLE_MS = 250;
/** It levels out below 300 after some 20,000 frames; what leaks with each frame goes beyond in a long run. */
const RESIDENT_MIB_MAX = 500;
/** What the log says of a fault of ours. */
const FAULTS =
  /nobody (waited|caught)|A (tool call|method|message|request) failed|panicked|Uncaught|ERROR:.*(TypeError|RangeError)/;

export interface FuzzResult {
  readonly tally: Tally;
  readonly memory: MemoryUse;
  readonly seconds: number;
}

/**
 * Sends `count` frames that one seed decides to a server process of its own: 90 in 100 over WebSockets with many at
 * once, 8 by POST, 2 as raw bytes.
 *
 * @throws at the first answer that is not as it must be, and when the server is not well afterwards.
 */
export async function fuzz(seed: number, count: number): Promise<FuzzResult> {
  const started = performance.now();
  await using server = await startServer({ RATE_LIMIT_PER_MINUTE: "0" });
  const tools = await toolNames(server);
  const tally = new Tally();
  const [raw, http] = [Math.ceil(count * 0.02), Math.ceil(count * 0.08)];
  const socket = Math.ceil((count - raw - http) / SOCKETS);
  const samples: number[] = [];
  const sampling = setInterval(async () => samples.push(await residentBytes(server).catch(() => NaN)), SAMPLE_MS);
  const lane = (index: number, lanesCount: number) => {
    const random = createRandom(seed + index);
    return { random, frames: createFrames(random, tools, `${index}`), count: lanesCount, tally };
  };
  try {
    await Promise.all([
      ...Array.from({ length: SOCKETS }, (_, index) => fuzzSocket(server.socketUrl, lane(index, socket))),
      fuzzHttp(server.url, lane(SOCKETS, http)),
      fuzzRaw(server.port, lane(SOCKETS + 1, raw)),
    ]);
  } catch (cause) {
    const log = server.output().split("\n").slice(-20).join("\n");
    throw new Error(`FUZZ_SEED=${seed}: ${cause instanceof Error ? cause.message : cause}\n${log}`, { cause });
  } finally {
    clearInterval(sampling);
  }
  await checkHealth(server);
  const memory = memoryUse("server", samples.filter((bytes) => !Number.isNaN(bytes)));
  assert(Math.max(...memory.tenthsMib) < RESIDENT_MIB_MAX, `The server held ${memory.tenthsMib.join(", ")} MiB`);
  return { tally, memory, seconds: (performance.now() - started) / 1000 };
}

async function toolNames(server: ServerService): Promise<readonly string[]> {
  await using socket = await openSocket(server.socketUrl);
  const { result } = await socket.call("mcp.tools.list");
  return result.tools.map(({ name }: { readonly name: string }) => name);
}

async function residentBytes({ url }: ServerService): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]);
}

/** The server answers, is healthy, has nobody left, said nothing of a fault, and stops in order. */
async function checkHealth(server: ServerService): Promise<void> {
  const health = await (await fetch(`${server.url}/health`)).json();
  assert.equal(health.status, "healthy");
  await using socket = await openSocket(server.socketUrl);
  const value = { "\u0000": "\ud800", list: [1, null] };
  assert.deepEqual((await socket.call("ctx.set", { key: "after", value })).result.value, value);
  assert.deepEqual((await socket.call("ctx.get", { key: "after" })).result.value, value);
  await socket[Symbol.asyncDispose]();
  const deadline = performance.now() + 20_000;
  while (!(await (await fetch(`${server.url}/metrics`)).text()).includes("mcp_websocket_connections 0\n")) {
    assert(performance.now() < deadline, "every socket is let go");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  server.signal("SIGTERM");
  assert.equal((await server.status).code, 0, server.output());
  assert(!FAULTS.test(server.output()), server.output());
}
