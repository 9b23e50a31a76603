import { compileGlobs } from "./glob.ts";
import type { CompilePattern } from "./pattern.ts";
import type { ConstraintDocument } from "./schema.ts";

/** What an argument may be. */
export interface Constraint {
  /** In words: `one of "a", "b"`. */
  readonly expected: string;
  /** @param value the argument as parsed, `undefined` where it is left out */
  holds(value: unknown): boolean;
}

const ENTRIES_SHOWN_MAX = 5;

/** Entries of a list, in words. */
export function printEntries(entries: readonly unknown[]): string {
  const shown = entries.slice(0, ENTRIES_SHOWN_MAX).map((entry) => JSON.stringify(entry)).join(", ");
  return entries.length > ENTRIES_SHOWN_MAX ? `${shown} and ${entries.length - ENTRIES_SHOWN_MAX} more` : shown;
}

/**
 * Compiles what a policy says of one argument: all of it must hold. What is left out holds nothing but `absent`, since
 * a tool then takes what is widest: all pods, no end.
 */
export function compileConstraint(document: ConstraintDocument, compilePattern: CompilePattern): Constraint {
  const parts = partsOf(document, compilePattern);
  const whole = parts.map(({ expected }) => expected).join(" and ");
  const mayBeAbsent = document.absent === true;
  return {
    expected: mayBeAbsent ? ["left out", whole].filter(Boolean).join(" or ") : whole || "given",
    holds(value) {
      if (value === undefined) return mayBeAbsent;
      // `absent` alone: there is nothing that it may be.
      return !(mayBeAbsent && parts.length === 0) && parts.every((part) => part.holds(value));
    },
  };
}

function partsOf(document: ConstraintDocument, compilePattern: CompilePattern): readonly Constraint[] {
  const { oneOf, glob, pattern, min, max, maxLength } = document;
  const parts: Constraint[] = [];
  if (oneOf) {
    const values = new Set<unknown>(oneOf);
    parts.push({ expected: `one of ${printEntries(oneOf)}`, holds: (value) => values.has(value) });
  }
  if (glob) {
    const matches = compileGlobs(glob);
    parts.push(text(`text such as ${printEntries(glob)}`, matches));
  }
  if (pattern !== undefined) {
    const compiled = compilePattern(pattern);
    parts.push(text(`text that matches ${pattern}`, (value) => compiled.matches(value)));
  }
  if (min !== undefined) parts.push(number(`at least ${min}`, (value) => value >= min));
  if (max !== undefined) parts.push(number(`at most ${max}`, (value) => value <= max));
  if (maxLength !== undefined) {
    parts.push(text(`text of at most ${maxLength} characters`, (value) => value.length <= maxLength));
  }
  return parts;
}

function text(expected: string, test: (value: string) => boolean): Constraint {
  return { expected, holds: (value) => typeof value === "string" && test(value) };
}

function number(expected: string, test: (value: number) => boolean): Constraint {
  return { expected, holds: (value) => typeof value === "number" && test(value) };
}
