/** Sets of tools that an operator turns on together, in the order in which their tools are listed. */
export const TOOLSETS = {
  core: { about: "The seven tools of the guide; always on", changes: false },
  ctx: { about: "Context with versions, lives and counters", changes: false },
  k8s: { about: "Any kind of a cluster's objects, read", changes: false },
  "k8s-write": { about: "Restarts, scaling and cordons, each with a dry run and a confirmation first", changes: true },
  prom: { about: "Range queries, labels, metadata, alerts and rules of Prometheus", changes: false },
  logs: { about: "Patterns of log lines, and more ways to search", changes: false },
  runbook: { about: "Runbooks to find, and plans with verdicts and a digest", changes: false },
  "runbook-run": { about: "Runs a plan that was previewed and is still true", changes: true },
  audit: { about: "The caller's own records; an auditor's: all", changes: false },
} as const;

export type Toolset = keyof typeof TOOLSETS;

const NAMES = Object.keys(TOOLSETS) as readonly Toolset[]; // The object's own names.

/** Stands for every toolset that changes nothing outside of the server's own stores: the others are named one by one. */
const ALL = "all";

/** The words that the setting takes, for its error. */
export const TOOLSET_WORDS: readonly string[] = [...NAMES, ALL];

/**
 * The toolsets that words of the setting stand for. The guide's tools are among them whatever the words say.
 *
 * @param words each one of `TOOLSET_WORDS`
 */
export function chooseToolsets(words: readonly string[]): ReadonlySet<Toolset> {
  const isMeant = (name: Toolset) =>
    name === "core" || words.includes(name) || (words.includes(ALL) && !TOOLSETS[name].changes);
  return new Set(NAMES.filter(isMeant));
}
