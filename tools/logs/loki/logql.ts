import { readQuery } from "../query.ts";

/** Which lines of Loki are asked for. */
export interface LokiScope {
  readonly namespace: string;
  /** A pod's name, or the beginning of names followed by `*`. */
  readonly pod?: string | undefined;
  readonly container?: string | undefined;
  /** As `readQuery` reads it; all lines where left out. */
  readonly query?: string | undefined;
}

/**
 * Writes LogQL: the namespace is always a matcher of its own, and whatever a caller gave stands within quotes, so that
 * it can end none of what is written here.
 */
export function printLogQl({ namespace, pod, container, query }: LokiScope): string {
  const matchers = [
    `namespace=${quote(namespace)}`,
    ...(pod === undefined
      ? []
      : [pod.endsWith("*") ? `pod=~${quote(`${escapeExpression(pod.slice(0, -1))}.*`)}` : `pod=${quote(pod)}`]),
    ...(container === undefined ? [] : [`container=${quote(container)}`]),
  ];
  return `{${matchers.join(", ")}}${printFilter(query)}`;
}

function printFilter(query: string | undefined): string {
  const wanted = readQuery(query);
  switch (wanted.kind) {
    case "all":
      return "";
    case "text":
      return ` |~ ${quote(`(?i)${escapeExpression(wanted.text)}`)}`;
    case "expression":
      return ` |~ ${quote(wanted.ignoreCase ? `(?i:${wanted.pattern})` : wanted.pattern)}`;
  }
}

/** A string literal: LogQL reads Go's, of which those of JSON are a part where no half of a character is in them. */
function quote(text: string): string {
  return JSON.stringify(text.toWellFormed());
}

function escapeExpression(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, "\\$&");
}
