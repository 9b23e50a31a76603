import type { Stores } from "../../storage/open.ts";
import { aroundClusters, type Outside } from "../../tools/outside.ts";
import { tracePort, type Within } from "./port.ts";
import type { SpanDescription, Spans } from "./spans.ts";

/** The stores, with a span for what a call asks of them. The wait for a group commit is a span of the call. */
export function traceStores(stores: Stores, spans: Spans | undefined): Stores {
  if (!spans) return stores;
  const { redis, postgres } = stores.states();
  const shared = (port: string) => store(spans, redis === "embedded" ? "embedded" : "redis", port);
  const log = (port: string) => store(spans, postgres === "embedded" ? "embedded" : "postgresql", port);
  return {
    ...stores,
    context: tracePort(stores.context, shared("context")),
    cache: tracePort(stores.cache, shared("cache")),
    limiter: tracePort(stores.limiter, shared("limiter")),
    keyedCalls: tracePort(stores.keyedCalls, shared("keyed_calls")),
    audit: tracePort(stores.audit, log("audit")),
    intents: tracePort(stores.intents, log("intents")),
  };
}

/** The systems behind tools, with a span for what a call asks of them. */
export function traceOutside(outside: Outside, spans: Spans | undefined): Outside {
  if (!spans) return outside;
  const peer = (port: string, attributes: SpanDescription["attributes"] = {}) =>
    methodSpans(spans, port, "client", { "peer.service": port, ...attributes }, true);
  return {
    ...outside,
    ...aroundClusters(
      outside,
      (cluster, name) => tracePort(cluster, peer("kubernetes", name === undefined ? {} : { "k8s.cluster.name": name })),
    ),
    prometheus: tracePort(outside.prometheus, peer("prometheus")),
    ...(outside.loki && { loki: tracePort(outside.loki, peer("loki")) }),
    runbooks: tracePort(outside.runbooks, methodSpans(spans, "runbooks", "internal")),
  };
}

/** An embedded store is in this process: nobody is called. */
function store(spans: Spans, system: "embedded" | "redis" | "postgresql", port: string): Within {
  return methodSpans(spans, port, system === "embedded" ? "internal" : "client", { "db.system.name": system });
}

/** A span a call: the port's and the method's name, none of the arguments. */
function methodSpans(
  spans: Spans,
  port: string,
  kind: SpanDescription["kind"],
  attributes: SpanDescription["attributes"] = {},
  hushed = false,
): Within {
  return (name, work) => spans.within({ name: `${port}.${name}`, kind, attributes, hushed }, work);
}
