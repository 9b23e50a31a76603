import { parser } from "@prometheus-io/lezer-promql";
import type { SyntaxNode } from "@lezer/common";

/** A selector of series in a query. */
export interface Selector {
  /** As it stands, without range and offset: `up{job="a"}`. */
  readonly text: string;
  /** `undefined` where only matchers select. */
  readonly metric: string | undefined;
  readonly matchers: readonly Matcher[];
  /** Seconds of the range `[5m]`; 0 for an instant. */
  readonly rangeSeconds: number;
  /** How often it is evaluated for one step of the whole: more than once inside a subquery. */
  readonly evaluations: number;
  /** Where the selector begins, and where it and its range end, in the query. */
  readonly from: number;
  readonly to: number;
}

export interface Matcher {
  readonly label: string;
  readonly operator: string;
  readonly value: string;
}

const UNITS = new Map([["ms", 0.001], ["s", 1], ["m", 60], ["h", 3600], ["d", 86_400], ["w", 604_800], [
  "y",
  31_536_000,
]]);
/** Of a subquery without a step of its own: Prometheus' default evaluation interval. */
const SUBQUERY_STEP_SECONDS = 60;

/** The selectors of a query, in their order; of a query that is none, those that can be made out. */
export function selectorsOf(query: string): readonly Selector[] {
  const found: Selector[] = [];
  parser.parse(query).iterate({
    enter({ name, node }) {
      if (name === "VectorSelector") found.push(selectorOf(query, node));
    },
  });
  return found;
}

function selectorOf(query: string, node: SyntaxNode): Selector {
  const text = (part: SyntaxNode) => query.slice(part.from, part.to);
  const { parent } = node;
  const isRange = parent?.name === "MatrixSelector";
  const identifier = node.getChild("Identifier");
  return {
    text: text(node),
    metric: identifier ? text(identifier) : undefined,
    matchers: matchersOf(query, node),
    rangeSeconds: isRange && parent ? secondsOf(query.slice(node.to, parent.to)) : 0,
    evaluations: evaluationsOf(query, node),
    from: node.from,
    to: isRange && parent ? parent.to : node.to,
  };
}

function matchersOf(query: string, node: SyntaxNode): readonly Matcher[] {
  const matchers: Matcher[] = [];
  node.getChild("LabelMatchers")?.cursor().iterate(({ name, node: part }) => {
    if (name !== "UnquotedLabelMatcher" && name !== "QuotedLabelMatcher") return;
    const words = /^\s*("(?:[^"\\]|\\.)*"|[^\s=!~]+)\s*(=~|!~|!=|=)\s*(.*)$/s.exec(query.slice(part.from, part.to));
    if (words) {
      const [, label = "", operator = "", value = ""] = words;
      matchers.push({ label: unquote(label), operator, value: unquote(value) });
    }
  });
  return matchers;
}

/** The product of the subqueries that it stands in. */
function evaluationsOf(query: string, node: SyntaxNode): number {
  let evaluations = 1;
  for (let outer = node.parent; outer; outer = outer.parent) {
    if (outer.name !== "SubqueryExpr") continue;
    // `…[1h:30s]`
    const [, range = "", step = ""] =
      /\[([^\[\]:]*):([^\[\]]*)\]/.exec(query.slice(outer.firstChild?.to ?? outer.from, outer.to)) ?? [];
    evaluations *= Math.max(1, Math.ceil(secondsOf(range) / (secondsOf(step) || SUBQUERY_STEP_SECONDS)));
  }
  return evaluations;
}

/** The seconds of a duration such as `1h30m`, in whatever brackets. */
export function secondsOf(duration: string): number {
  const parts = duration.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdwy])/g);
  const sum = Array.from(parts, ([, count, unit = "s"]) => Number(count) * (UNITS.get(unit) ?? 1))
    .reduce((total, seconds) => total + seconds, 0);
  return sum || Number(/^[\s[]*(\d+(?:\.\d+)?)[\s\]]*$/.exec(duration)?.[1] ?? 0);
}

function unquote(text: string): string {
  const inner = text.trim().replace(/^(["'`])([\s\S]*)\1$/, "$2");
  return inner.replace(/\\(["'\\])/g, "$1");
}
