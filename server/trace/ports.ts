import type { Stores } from "../../storage/open.ts";
import type { Outside } from "../../tools/outside.ts";
import { overMethods } from "../over_methods.ts";
import type { SpanDescription, Spans } from "./spans.ts";

type AsyncMethod = (...args: readonly never[]) => Promise<unknown>;

/** The members of a port that give a promise. */
type AsyncNames<T> = { [Name in keyof T]: T[Name] extends AsyncMethod ? Name & string : never }[keyof T];

/** A port whose named methods each make a span: the method's name, none of its arguments. */
function tracePort<T extends object>(
  spans: Spans,
  port: T,
  names: readonly AsyncNames<T>[],
  describe: (name: string) => SpanDescription,
): T {
  const traced: Partial<T> = {};
  for (const name of names) {
    const description = describe(name);
    Object.assign(traced, {
      [name]: (...args: unknown[]) =>
        // The names are those of methods that give a promise: AsyncNames says so, which Reflect cannot.
        spans.within(description, () => Reflect.apply(port[name] as () => Promise<unknown>, port, args)),
    });
  }
  return overMethods(port, traced);
}

/** The stores, with a span for what a call asks of them. The wait for a group commit is a span of the call. */
export function traceStores(stores: Stores, spans: Spans | undefined): Stores {
  if (!spans) return stores;
  const { redis, postgres } = stores.states();
  const shared = of("redis", redis === "embedded");
  const log = of("postgresql", postgres === "embedded");
  return overMethods<Stores>(stores, {
    context: tracePort(spans, stores.context, ["get", "set"], shared("context")),
    cache: tracePort(spans, stores.cache, ["get", "set"], shared("cache")),
    limiter: tracePort(spans, stores.limiter, ["take"], shared("limiter")),
    audit: tracePort(spans, stores.audit, ["append", "query", "sums"], log("audit")),
    intents: tracePort(spans, stores.intents, ["intend"], log("intents")),
  });
}

/** The systems behind tools, with a span for what a call asks of them. */
export function traceOutside(outside: Outside, spans: Spans | undefined): Outside {
  if (!spans) return outside;
  const client = (port: string) => (name: string): SpanDescription => ({
    name: `${port}.${name}`,
    kind: "client",
    attributes: { "peer.service": port },
  });
  return overMethods<Outside>(outside, {
    cluster: tracePort(spans, outside.cluster, ["listPods", "findContainers", "readLog"], client("kubernetes")),
    prometheus: tracePort(spans, outside.prometheus, PROMETHEUS, client("prometheus")),
    runbooks: tracePort(spans, outside.runbooks, ["read", "readMarkdown", "ids"], (name) => ({
      name: `runbooks.${name}`,
      kind: "internal",
      attributes: {},
    })),
  });
}

const PROMETHEUS = [
  ...["query", "queryRange", "labelNames", "labelValues"] as const,
  ...["series", "metadata", "alerts", "rules", "targets"] as const,
] as const;

/** An embedded store is in this process: nobody is called. */
function of(system: string, isEmbedded: boolean) {
  return (port: string) => (name: string): SpanDescription => ({
    name: `${port}.${name}`,
    kind: isEmbedded ? "internal" : "client",
    attributes: { "db.system.name": isEmbedded ? "embedded" : system, "db.operation.name": `${port}.${name}` },
  });
}
