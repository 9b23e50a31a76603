import { Buffer } from "node:buffer";
import { type KubernetesApi, startKubernetesApi } from "../services/kubernetes.ts";
import { type PostgresService, startPostgres } from "../services/postgres.ts";
import { type RedisService, startRedis } from "../services/redis.ts";
import { type ServerService, startServer } from "../services/server.ts";
import { openSocket, type TestSocket } from "../services/socket.ts";
import { type Planted, plantHundred } from "./planted.ts";
import { writeRunbooks } from "./runbooks.ts";
import { Sinks } from "./sinks.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

/** A server with all that is around it. */
export interface World extends AsyncDisposable {
  /** The same secrets go in everywhere: where one comes out, the sink tells where from. */
  readonly planted: readonly Planted[];
  /** The server's own. */
  readonly own: readonly Planted[];
  readonly server: ServerService;
  readonly socket: TestSocket;
  readonly redis: RedisService;
  /** redis-cli with the password. */
  readonly redisCli: (...args: string[]) => Promise<string>;
  readonly postgres: PostgresService;
  readonly kubernetes: KubernetesApi;
  readonly upstream: Upstream;
  readonly sinks: Sinks;
}

/** Starts a server on a Redis and a Postgres with passwords, a cluster, and one in Prometheus' place. */
export async function openWorld(): Promise<World> {
  const planted = plantHundred();
  await using resources = new AsyncDisposableStack();
  const password = () => `MadeUp/${crypto.randomUUID()}`;
  const [redisPassword, prometheusPassword] = [password(), password()];
  const signingKey = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64");
  const redis = resources.use(await startRedis({ appendonly: true, args: ["--requirepass", redisPassword] }));
  const postgres = resources.use(await startPostgres());
  const kubernetes = resources.use(await startKubernetesApi());
  const upstream = resources.use(await startUpstream());
  const runbooks = await writeRunbooks(planted);
  resources.defer(() => Deno.remove(runbooks, { recursive: true }));
  const server = resources.use(
    await startServer({
      LOG_LEVEL: "debug",
      REDIS_URL: redis.url.replace("//", `//:${encodeURIComponent(redisPassword)}@`),
      DATABASE_URL: postgres.url,
      PROMETHEUS_URL: `http://scraper:${encodeURIComponent(prometheusPassword)}@127.0.0.1:${upstream.port}`,
      KUBECONFIG: kubernetes.kubeconfigPath,
      AUDIT_SIGNING_KEY: signingKey,
      AUDIT_CHECKPOINT_SECONDS: "1",
      AUDIT_VERIFY_SECONDS: "1",
      RUNBOOK_DIR: runbooks,
      RATE_LIMIT_PER_MINUTE: "0",
      ADDRESS_LIMIT_PER_MINUTE: "0",
    }),
  );
  const socket = resources.use(await openSocket(server.socketUrl));
  const passwords = { redisPassword, prometheusPassword, signingKey, postgresPassword: postgres.password };
  const own = Object.entries(passwords).map(([name, secret]) => ({
    ...{ kind: `this server's ${name}`, carrier: secret, text: secret },
    secrets: [secret],
  }));
  const opened = resources.move();
  return {
    ...{ planted, own, server, socket, redis, postgres, kubernetes, upstream },
    redisCli: (...args) => redis.cli("-a", redisPassword, "--no-auth-warning", ...args),
    sinks: new Sinks(),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
