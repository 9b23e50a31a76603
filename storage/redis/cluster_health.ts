import type { Cluster, Redis } from "ioredis";

/** Why some keys of a Cluster cannot be used now, by what each of its masters says; `undefined` where all can be. */
export async function troubleOf(cluster: Cluster): Promise<string | undefined> {
  const nodes = new Map(cluster.nodes().map((node) => [`${node.options.host}:${node.options.port}`, node]));
  // The driver forgets a node that it lost; what it was to have remains.
  const masters = new Set(cluster.slots.flatMap(([master]) => master ?? []));
  const troubles = await Promise.all(Array.from(masters, (address) => {
    const node = nodes.get(address);
    return node ? troubleOfNode(node, address) : `Node ${address} is lost`;
  }));
  return troubles.find((trouble) => trouble !== undefined);
}

async function troubleOfNode(node: Redis, address: string): Promise<string | undefined> {
  try {
    const info = await node.cluster("INFO");
    // Told too where slots have no node though the rest may be used (cluster-require-full-coverage no).
    if (!/^cluster_state:ok\r?$/m.test(info)) return `The Cluster is down, says ${address}`;
    if (!/^cluster_slots_fail:0\r?$/m.test(info)) return `Slots of the Cluster have no node, says ${address}`;
    return undefined;
  } catch (error) {
    // Only the driver runs here, and it rejects with errors alone.
    return `Node ${address}: ${(error as Error).message}`;
  }
}
