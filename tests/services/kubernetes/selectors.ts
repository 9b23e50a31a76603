import type { Recorded } from "./recorded.ts";

/** Whether an object fits a request's label and field selectors, as far as the tests use them. */
export function fits(object: Recorded, query: URLSearchParams): boolean {
  const labels = parts(query.get("labelSelector"));
  const fields = parts(query.get("fieldSelector"));
  return labels.every((part) => fitsPart(part, (name) => object.metadata.labels?.[name])) &&
    fields.every((part) => fitsPart(part, (path) => fieldOf(object, path)));
}

/** Commas part requirements, but those in parentheses part values. */
function parts(selector: string | null): string[] {
  return (selector ?? "").split(/,(?![^(]*\))/).map((part) => part.trim()).filter((part) => part !== "");
}

function fitsPart(part: string, valueOf: (name: string) => string | undefined): boolean {
  const [, name = "", operator = "", wanted = ""] = /^([^=!]+?)\s*(==?|!=)\s*(.*)$/.exec(part) ?? [];
  if (operator === "!=") return valueOf(name) !== wanted;
  if (operator !== "") return valueOf(name) === wanted;
  const [, inName = "", values = ""] = /^(\S+) in \((.*)\)$/.exec(part) ?? [];
  if (inName !== "") return values.split(",").map((value) => value.trim()).includes(valueOf(inName) ?? "");
  return part.startsWith("!") ? valueOf(part.slice(1)) === undefined : valueOf(part) !== undefined;
}

function fieldOf(object: Recorded, path: string): string {
  return String(path.split(".").reduce((value, name) => value?.[name], object) ?? "");
}
