import { type Recorded, recordedJson } from "./recorded.ts";

/** A pod with its row of cells; `object` is the whole pod where one was recorded. */
export interface WorldPod {
  readonly name: string;
  readonly cells: readonly (string | number)[];
  readonly object: Recorded;
}

/** What the cluster holds: pods by namespace, in the API's order. */
export interface World {
  readonly resourceVersion: string;
  /** The same as a number; it grows with each thing that happens to a pod. */
  version: number;
  /** What was before it is not known any more. */
  oldestVersion: number;
  readonly columnDefinitions: Recorded;
  readonly namespaces: Map<string, readonly WorldPod[]>;
}

/** Pods of the generated namespace `crowd`. */
export const CROWD_PODS = 5000;

/**
 * The recorded cluster, and two namespaces that it did not have: `patched`, for the pods whose status was written by
 * hand (they lay in mcp-lab, beside a suite label), and `crowd`, of many generated pods.
 */
export function recordedWorld(): World {
  const table = recordedJson("pods/table.json");
  const namespaces = new Map<string, readonly WorldPod[]>();
  namespaces.set("crowd", crowd(table.rows.find(hasName("redis-mcp-0")).cells, podsOf("pods/list.json")));
  namespaces.set("default", []);
  namespaces.set("empty", []);
  namespaces.set("kube-system", []);
  namespaces.set("mcp-lab", join(table.rows, podsOf("pods/list.json")));
  namespaces.set("patched", joinOwn(recordedJson("oracle/patched-table-with-objects.json").rows));
  const everywhere: Recorded[] = recordedJson("pods/table-all-namespaces.json").rows;
  const shop = everywhere.filter(({ object }) => object.metadata.namespace === "shop");
  namespaces.set("shop", join(shop, podsOf("pods/list-shop.json")));
  const version = Number(table.metadata.resourceVersion);
  return {
    get resourceVersion() {
      return String(this.version);
    },
    version,
    oldestVersion: version,
    columnDefinitions: table.columnDefinitions,
    namespaces,
  };
}

function podsOf(file: string): Recorded[] {
  return recordedJson(file).items;
}

function hasName(name: string) {
  return ({ cells }: Recorded) => cells[0] === name;
}

function join(rows: readonly Recorded[], pods: readonly Recorded[]): WorldPod[] {
  return rows.map(({ cells }) => {
    const object = pods.find(({ metadata }) => metadata.name === cells[0]);
    if (!object) throw new Error(`No pod ${cells[0]} is recorded`);
    return { name: cells[0], cells, object };
  });
}

function joinOwn(rows: readonly Recorded[]): WorldPod[] {
  return rows.map(({ cells, object }) => ({ name: cells[0], cells, object }));
}

function crowd(cells: readonly string[], pods: readonly Recorded[]): WorldPod[] {
  const model = pods.find(({ metadata }) => metadata.name === "redis-mcp-0");
  return Array.from({ length: CROWD_PODS }, (_, index) => {
    const name = `worker-${String(index).padStart(4, "0")}`;
    const metadata = { ...model.metadata, name, namespace: "crowd" };
    return { name, cells: [name, ...cells.slice(1)], object: { ...model, metadata } };
  });
}
