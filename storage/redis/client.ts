import { Cluster, Redis } from "ioredis";
import { clusterOptions, nodeOptions, retryDelayMs, sentinelOptions, serverOptions } from "./options.ts";
import { writeOnceATurn } from "./one_write_a_turn.ts";
import type { RedisClusterTarget, RedisNode, RedisTarget } from "./url.ts";

/** The driver's client, of one server or of a Cluster: both take the same commands. */
export type RedisClient = Redis | Cluster;

/** Begins to connect. */
export function createClient(target: RedisTarget): RedisClient {
  if (target.kind === "cluster") return createClusterClient(target);
  const client = new Redis(target.kind === "server" ? serverOptions(target) : sentinelOptions(target));
  writeOnceATurn(client);
  return client;
}

function createClusterClient(target: RedisClusterTarget): Cluster {
  const cluster = new Cluster([...target.seeds], clusterOptions(target));
  // The driver would connect to a node with the first command for it; only so does a node say why it cannot be had.
  cluster.on("+node", (node: Redis) => {
    writeOnceATurn(node);
    node.connect().catch(() => {});
  });
  // Private to the driver: its subscriber, which is not used here, holds a connection without deadlines that outlives us.
  cluster["subscriber"].start = () => {};
  return cluster;
}

/** Resolves once nothing of a client is left that `disconnect` is now called of. */
export async function endOf(client: RedisClient): Promise<void> {
  const ended = (one: RedisClient) => new Promise((resolve) => one.once("end", resolve));
  // A Cluster says that it has ended with the first of its nodes.
  const nodes = client instanceof Cluster ? client.nodes().filter(({ status }) => status !== "end") : [];
  await Promise.all([client, ...nodes].map(ended));
}

/**
 * A further client to listen by; of a Cluster it is at any one node, since what is published reaches every node. A node
 * that is lost or leaves the Cluster is replaced by another. The driver's own subscriber of a Cluster would listen for
 * ever to a frozen node.
 */
export function createListener(target: RedisTarget, client: RedisClient): Redis {
  switch (target.kind) {
    case "server":
      return new Redis(serverOptions(target));
    case "sentinel":
      return new Redis(sentinelOptions(target));
    case "cluster":
      return createNodeListener(target, client);
  }
}

function createNodeListener(target: RedisClusterTarget, cluster: RedisClient): Redis {
  let turn = Math.floor(Math.random() * target.seeds.length);
  const next = (): RedisNode => {
    const known = cluster instanceof Cluster ? cluster.nodes().map(({ options }) => options) : [];
    const nodes = [...known, ...target.seeds];
    const { host = "", port = 0 } = nodes[turn++ % nodes.length] ?? {};
    return { host, port };
  };
  const listener = new Redis({
    ...nodeOptions(target),
    ...next(),
    enableOfflineQueue: false,
    retryStrategy(attempt) {
      // The driver reads its options anew at each attempt.
      Object.assign(listener.options, next());
      return retryDelayMs(attempt);
    },
  });
  const leave = ({ options: { host, port } }: Redis) => {
    if (listener.options.host === host && listener.options.port === port) listener.disconnect(true);
  };
  cluster.on("-node", leave);
  listener.on("end", () => cluster.off("-node", leave));
  return listener;
}
