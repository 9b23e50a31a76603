import { settingsSchema } from "../server/settings_schema.ts";
import { readSettings } from "../server/settings.ts";
import { printTable, withGenerated } from "./generated.ts";

const DOCUMENT = new URL("../docs/operate.md", import.meta.url);

/** Every setting as the server reads it, as a table in Markdown, in the form that `deno fmt` gives it. */
export function printSettings(): string {
  const asked = new Set<string>();
  // Which settings may come from a file shows in what is asked of the environment.
  const asking = new Proxy<Record<string, string>>({}, {
    get(_, name) {
      asked.add(String(name));
      return undefined;
    },
  });
  const defaults: Readonly<Record<string, unknown>> = readSettings(asking, () => "");
  const rows = Object.entries(settingsSchema.shape).map(([name, schema]) => {
    const more = asked.has(`${name}_FILE`) ? `; also as \`${name}_FILE\`` : "";
    return [`\`${name}\``, printDefault(defaults[name]), acceptedBy(schema), `${schema.description ?? ""}${more}`];
  });
  return printTable([["Setting", "Default", "Accepts", "What"], ...rows]);
}

/** What a setting says it expected of a value that it does not take. */
function acceptedBy(schema: (typeof settingsSchema.shape)[keyof typeof settingsSchema.shape]): string {
  // Nothing is no number, URL or word; a list may be empty, but has no such word.
  for (const wrong of ["", "\0"]) {
    const [issue] = schema.safeParse(wrong).error?.issues ?? [];
    if (issue) return issue.message;
  }
  return "";
}

function printDefault(value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return "–";
  return `\`${Array.isArray(value) ? value.join(",") : String(value)}\``;
}

if (import.meta.main) {
  await Deno.writeTextFile(DOCUMENT, withGenerated(await Deno.readTextFile(DOCUMENT), "settings", printSettings()));
}
