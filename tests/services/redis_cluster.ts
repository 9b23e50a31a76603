import assert from "node:assert/strict";
import { freePort } from "./process.ts";
import { type RedisService, startRedis } from "./redis.ts";

export interface RedisClusterOptions {
  readonly appendonly?: boolean;
  /** Further arguments for each redis-server. */
  readonly args?: readonly string[];
  /** Replicas of each master; none where left out. */
  readonly replicas?: number;
  /** What redis-cli needs to get in. */
  readonly cliArgs?: readonly string[];
}

/** A Redis Cluster of a test, on 127.0.0.1: three masters, then their replicas. */
export interface RedisClusterService extends AsyncDisposable {
  readonly url: string;
  readonly nodes: readonly RedisService[];
  /** Runs redis-cli against it, which follows a key to its node. */
  cli(...args: string[]): Promise<string>;
  /** The master that has a key's slot. */
  nodeOf(key: string): Promise<RedisService>;
  /** Moves a slot with all its keys to another master; `during` runs while it is half moved. */
  moveSlot(slot: number, to: RedisService, during?: () => Promise<void>): Promise<void>;
}

const MASTERS = 3;
/** A node that is away for so long counts as failed. */
const NODE_TIMEOUT_MS = 1_000;

/** Starts the nodes, joins them, and waits until each says that the Cluster is up. */
export async function startRedisCluster(options: RedisClusterOptions = {}): Promise<RedisClusterService> {
  await using stack = new AsyncDisposableStack();
  const { replicas = 0, cliArgs = [], args = [], appendonly = false } = options;
  const nodes: RedisService[] = [];
  for (let i = 0; i < MASTERS * (1 + replicas); i++) {
    // Its port plus 10000 would be that of the bus, which may be none.
    const bus = await freePort();
    nodes.push(stack.use(
      await startRedis({
        appendonly,
        cliArgs,
        args: [
          ...["--cluster-enabled", "yes", "--cluster-port", `${bus}`],
          ...["--cluster-node-timeout", `${NODE_TIMEOUT_MS}`, ...args],
        ],
      }),
    ));
  }
  const [first] = nodes;
  assert(first);
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  await first.cli("--cluster", "create", ...addresses, "--cluster-replicas", `${replicas}`, "--cluster-yes");
  for (const node of nodes) await clusterSays(node, (info) => /cluster_state:ok/.test(info));

  const masters = async () => {
    const entries = [];
    for (const line of (await first.cli("cluster", "nodes")).split("\n")) {
      const [id = "", address = "", flags = "", , , , , , ...ranges] = line.split(" ");
      if (!flags.includes("master") || flags.includes("fail")) continue;
      const node = nodes.find(({ port }) => address.startsWith(`127.0.0.1:${port}@`));
      assert(node, line);
      const slots = ranges.filter((range) => !range.startsWith("[")).map((range) => range.split("-").map(Number));
      entries.push({ id, node, has: (slot: number) => slots.some(([a = 0, b = a]) => a <= slot && slot <= b) });
    }
    return entries;
  };
  const owned = stack.move();
  return {
    url: `redis://${addresses.slice(0, MASTERS).join(",")}`,
    nodes,
    cli: (...command) => first.cli("-c", ...command),
    async nodeOf(key) {
      const slot = Number(await first.cli("cluster", "keyslot", key));
      const owner = (await masters()).find(({ has }) => has(slot));
      assert(owner, `No master has slot ${slot}`);
      return owner.node;
    },
    async moveSlot(slot, to, during) {
      const all = await masters();
      const source = all.find(({ has }) => has(slot));
      const target = all.find(({ node }) => node === to);
      assert(source && target && source !== target);
      await to.cli("cluster", "setslot", `${slot}`, "importing", source.id);
      await source.node.cli("cluster", "setslot", `${slot}`, "migrating", target.id);
      await during?.();
      for (;;) {
        const keys = await source.node.cli("cluster", "getkeysinslot", `${slot}`, "100");
        if (keys === "") break;
        const where = ["127.0.0.1", `${to.port}`, "", "0", "5000", "KEYS"];
        await source.node.cli("migrate", ...where, ...keys.split("\n"));
      }
      for (const { node } of [target, source, ...all]) {
        await node.cli("cluster", "setslot", `${slot}`, "node", target.id);
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Resolves when a node says so of its Cluster. */
export async function clusterSays(node: RedisService, accepts: (info: string) => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const info = await node.cli("cluster", "info");
    if (accepts(info)) return;
    assert(performance.now() < deadline, info);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
