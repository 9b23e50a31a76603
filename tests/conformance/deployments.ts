import { startRoundRobin } from "../services/proxy.ts";
import { startRedis } from "../services/redis.ts";
import { startServer } from "../services/server.ts";

/** A product to run the suite against. */
export interface Deployment extends AsyncDisposable {
  readonly name: string;
  /** Of its MCP endpoint. */
  readonly url: string;
  /** What its processes printed so far. */
  output(): string;
}

const ENTRY = "tests/conformance/server.ts";
const REPLICAS = 3;

/** One process on its embedded stores. */
export async function startOne(): Promise<Deployment> {
  const server = await startServer({}, ENTRY);
  return {
    name: "one replica",
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
    url: `${proxy.url}/mcp`,
    output: () => servers.map((server) => server.output()).join(""),
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}
