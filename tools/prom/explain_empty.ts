import { ToolError } from "../error.ts";
import { nearest } from "../nearest.ts";
import type { Prometheus } from "./prometheus.ts";
import type { Selector } from "./selectors.ts";

const SELECTORS_MAX = 4;
/** Names that one is compared with. */
const COMPARED_MAX = 20_000;
const SHOWN_MAX = 5;

/**
 * Why a query gave nothing, as far as Prometheus' index tells: the metric is not there, or no series of it has such a
 * label value. Costs some look-ups in the index; nothing is evaluated.
 */
export async function explainEmpty(
  prometheus: Pick<Prometheus, "labelValues">,
  query: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { selectorsOf } = await import("./selectors.ts");
  const reasons: string[] = [];
  try {
    for (const selector of selectorsOf(query).slice(0, SELECTORS_MAX)) {
      const reason = await explain(prometheus, selector, signal);
      if (reason !== undefined && !reasons.includes(reason)) reasons.push(reason);
    }
  } catch (error) {
    signal.throwIfAborted();
    // An explanation less.
    if (!(error instanceof ToolError)) throw error;
  }
  return reasons;
}

async function explain(
  prometheus: Pick<Prometheus, "labelValues">,
  { metric, matchers }: Selector,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (metric === undefined) return undefined;
  const [found] = await prometheus.labelValues("__name__", { matchers: [metric] }, signal);
  if (found === undefined) {
    const names = await prometheus.labelValues("__name__", { matchers: [] }, signal);
    const near = nearest(metric, names.slice(0, COMPARED_MAX));
    return `There is no metric ${metric}${near.length > 0 ? `; did you mean ${near.join(" or ")}?` : ""}`;
  }
  for (const { label, value } of matchers.filter(({ operator }) => operator === "=")) {
    const values = await prometheus.labelValues(label, { matchers: [metric] }, signal);
    if (values.includes(value)) continue;
    if (values.length === 0) return `No series of ${metric} has the label ${label}`;
    const near = nearest(value, values.slice(0, COMPARED_MAX));
    const shown = near.length > 0 ? near : values.slice(0, SHOWN_MAX);
    const more = values.length > shown.length ? `, of ${values.length}` : "";
    return `No series of ${metric} has ${label}="${value}"; there is ${shown.join(", ")}${more}`;
  }
  return undefined;
}
