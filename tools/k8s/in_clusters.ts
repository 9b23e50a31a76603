import { z } from "zod";
import type { Cache } from "../../storage/cache.ts";
import { authorizerIn, type Clusters } from "../clusters.ts";
import { ToolError } from "../error.ts";
import { noPrometheus, type Prometheus } from "../prom/prometheus.ts";
import type { Tool } from "../tool.ts";
import type { ToolsetOptions } from "../catalogue.ts";
import type { Cluster } from "./cluster.ts";

/** The clusters of `KUBE_CONTEXTS`, each opened by its own context. */
export interface OpenedClusters extends Clusters {
  /** The cluster of each of `names`, and of no other. */
  readonly byName: ReadonlyMap<string, Cluster>;
}

/**
 * Tools that ask a cluster, for one of several: `build` makes them once for each, out of what is that cluster's alone, and
 * one that takes `cluster` stands in for those of a name. Nothing behind a tool has to remember for which cluster it asks.
 */
export function inClusters(
  clusters: OpenedClusters,
  parts: ToolsetOptions,
  build: (parts: ToolsetOptions) => readonly Tool[],
): readonly Tool[] {
  const built = new Map([...clusters.byName].map(([name, cluster]) => [name, build(partsOf(name, cluster))] as const));
  const ofDefault = built.get(clusters.default) ?? [];
  return ofDefault.map((tool, i) =>
    standIn(tool, clusters, new Map([...built].flatMap(([name, tools]) => tools[i] ? [[name, tools[i]]] : [])))
  );

  function partsOf(name: string, cluster: Cluster): ToolsetOptions {
    const { authorizer, cache, prometheus } = parts;
    return {
      ...parts,
      ...{ cluster, clusterName: name },
      authorizer: authorizerIn(name, authorizer),
      cache: cacheOf(name, cache),
      prometheus: name === clusters.default ? prometheus : prometheusOfAnother(clusters.default),
    };
  }
}

/** A tool that picks among its own kind. @param byCluster one for each cluster */
function standIn(tool: Tool, clusters: Clusters, byCluster: ReadonlyMap<string, Tool>): Tool {
  const { print } = tool;
  // Shown and not set: what a record has are the arguments as they came.
  const cluster = z.enum(clusters.names).optional().meta({ default: clusters.default }).describe("Cluster to ask");
  const answered = z.string().describe("Cluster that answered");
  return {
    ...tool,
    input: tool.input.extend({ cluster }),
    output: objectOf(tool).extend({ cluster: answered }),
    // Of a call that has no end on record, an auditor has nothing else.
    intended: (args) => ({ cluster: clusters.default, ...args }),
    ...(print && { print: (result) => `${print(result)}\ncluster: ${Object(result).cluster}` }),
    async run({ cluster: name = clusters.default, ...args }, call) {
      const chosen = byCluster.get(String(name));
      // The schema lets no other through.
      if (!chosen) throw new TypeError(`There is no cluster ${JSON.stringify(name)}`);
      try {
        // First, so that what is shown of a long answer has it.
        return { cluster: name, ...Object(await chosen.run(args, call)) };
      } catch (error) {
        throw error instanceof ToolError ? inCluster(String(name), error) : error;
      }
    },
  };
}

function objectOf({ name, output }: Tool): z.ZodObject {
  if (output instanceof z.ZodObject) return output;
  throw new TypeError(`${name} has to give an object, to which its cluster can be added`);
}

/** Which of the clusters an error is of: its words may tell no more than an address. */
function inCluster(cluster: string, error: ToolError): ToolError {
  const { kind, message, hint, data } = error;
  return new ToolError(kind, `${message} (cluster ${JSON.stringify(cluster)})`, {
    ...(hint !== undefined && { hint }),
    data: { ...data, cluster },
    cause: error,
  });
}

/** Replicas share a cache, and clusters have namespaces of the same names. */
function cacheOf(cluster: string, cache: Cache): Cache {
  const prefix = `cluster:${encodeURIComponent(cluster)}:`;
  return {
    get: (key) => cache.get(prefix + key),
    set: (key, text, ttlSeconds) => cache.set(prefix + key, text, ttlSeconds),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** PROMETHEUS_URL is one, and what it says of a namespace is said of the default cluster's. */
function prometheusOfAnother(cluster: string): Prometheus {
  return noPrometheus(() =>
    new ToolError("unavailable", `PROMETHEUS_URL is taken to know cluster ${JSON.stringify(cluster)} alone`, {
      hint: "Ask the operator to install the metrics API in the other clusters",
    })
  );
}
