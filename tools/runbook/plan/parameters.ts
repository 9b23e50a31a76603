import { z } from "zod";
import { ToolError } from "../../error.ts";
import { nearest } from "../../nearest.ts";

const PLACEHOLDER = /<([A-Za-z][A-Za-z0-9_-]{0,63})>/g;
const PARAMETERS_MAX = 50;

/** Values by the names of placeholders. */
export type Parameters = Readonly<Record<string, string>>;

/** No value can be more than one word of a command, an option of it, or the end of a text in a query. */
export const parametersInput = z.record(
  z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, "Use the name of a placeholder, without < and >"),
  z.string().max(253).regex(/^[A-Za-z0-9][A-Za-z0-9._:\/@-]*$/, "Use letters, digits and . _ : / @ - only"),
).describe("Values for <placeholders>");

/** The placeholders of texts, in order. */
export function placeholdersOf(texts: readonly string[]): string[] {
  return [...new Set(texts.flatMap((text) => Array.from(text.matchAll(PLACEHOLDER), ([, name = ""]) => name)))];
}

/** A text with the placeholders filled for which there is a value. */
export function fill(text: string, parameters: Parameters): string {
  return text.replace(
    PLACEHOLDER,
    (whole, name) => Object.hasOwn(parameters, name) ? parameters[name] ?? whole : whole,
  );
}

/** @throws {ToolError} `invalid_params` for a parameter that no placeholder has. */
export function checkParameters(parameters: Parameters, placeholders: readonly string[]): void {
  const given = Object.keys(parameters);
  if (given.length > PARAMETERS_MAX) {
    throw new ToolError("invalid_params", `Expected at most ${PARAMETERS_MAX} parameters, but got ${given.length}`);
  }
  const unknown = given.filter((name) => !placeholders.includes(name));
  if (unknown.length === 0) return;
  const near = unknown.flatMap((name) => nearest(name, placeholders));
  const names = placeholders.map((name) => `<${name}>`).join(", ");
  throw new ToolError("invalid_params", `The runbook has no placeholder for ${unknown.map(quote).join(", ")}`, {
    hint: near.length > 0
      ? `Did you mean ${[...new Set(near)].map(quote).join(" or ")}?`
      : names
      ? `It has ${names}`
      : "It has none: leave parameters out",
    data: { unknown, placeholders: [...placeholders] },
  });
}

function quote(name: string): string {
  return JSON.stringify(name);
}
