import { startRoundRobin } from "../services/proxy.ts";
import { startRedis } from "../services/redis.ts";
import { type ServerService, startServer } from "../services/server.ts";

/** A product to run the suite against. */
export interface Deployment extends AsyncDisposable {
  readonly name: string;
  /** Of its MCP endpoint. */
  readonly url: string;
  /** What its processes printed so far. */
  output(): string;
  /** Messages so far that were answered without the SDK, and by it. */
  ways(): Promise<Readonly<Record<"direct" | "sdk", number>>>;
}

const ENTRY = "tests/conformance/server.ts";
const REPLICAS = 3;

/** One process on its embedded stores. */
export const startOne = () => startAlone("one replica", {});

/** The same, where the SDK answers everything. */
export const startWithoutDirect = () => startAlone("one replica, MCP_DIRECT=false", { MCP_DIRECT: "false" });

async function startAlone(name: string, settings: Record<string, string>): Promise<Deployment> {
  const server = await startServer(settings, ENTRY);
  return {
    name,
    ways: () => waysOf([server]),
    url: `${server.url}/mcp`,
    output: () => server.output(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Processes that share a Redis and a key, behind a proxy that gives each request to the next of them. */
export async function startThree(): Promise<Deployment> {
  await using resources = new AsyncDisposableStack();
  const redis = resources.use(await startRedis());
  const settings = {
    REDIS_URL: redis.url,
    SESSION_KEY: "the same in each of the replicas of this test",
    REPLICAS: `${REPLICAS}`,
  };
  const servers = await Promise.all(
    Array.from({ length: REPLICAS }, async () => resources.use(await startServer(settings, ENTRY))),
  );
  const proxy = resources.use(startRoundRobin(servers.map(({ url }) => url)));
  const owned = resources.move();
  return {
    name: "three replicas, round robin",
    ways: () => waysOf(servers),
    url: `${proxy.url}/mcp`,
    output: () => servers.map((server) => server.output()).join(""),
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

async function waysOf(servers: readonly ServerService[]) {
  const ways = { direct: 0, sdk: 0 };
  for (const { url } of servers) {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    for (const way of ["direct", "sdk"] as const) {
      const [, count] = new RegExp(`^mcp_official_messages_total\\{way="${way}"\\} (\\d+)$`, "m").exec(metrics) ?? [];
      ways[way] += Number(count ?? 0);
    }
  }
  return ways;
}
