import { redactText } from "../redact.ts";
import type { ListedWhole } from "./objects.ts";

/** What there is to say of a list beside its items. @param items how many were looked at */
export function notesOf({ more, warnings, ageSeconds }: ListedWhole, items: number, narrowBy: string): string[] {
  return [
    ...warnings,
    ...(more ? [`Only the first ${items} were looked at, and there are more: narrow it by ${narrowBy}`] : []),
    ...(ageSeconds > 0 ? [`Read ${ageSeconds} s ago`] : []),
  ];
}

/** Warnings as a member, where there are any. */
export function warningsMember(warnings: readonly string[]): { warnings?: string[] } {
  return warnings.length > 0 ? { warnings: [...warnings] } : {};
}

/**
 * A text of at most so many characters, without the half of a pair at its end. Secrets are taken out of what is cut, for
 * half a secret has no looks.
 */
export function shorten(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  return `${redactText(text).slice(0, charsMax).toWellFormed()}…`;
}
