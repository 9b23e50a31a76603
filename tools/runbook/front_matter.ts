import { parse, YAMLParseError } from "yaml";
import { z } from "zod";
import { RunbookFormatError } from "./runbook.ts";

const alertName = z.string().min(1).max(128);

const schema = z.object({
  title: z.string().min(1).optional(),
  summary: z.string().min(1).optional(),
  severity: z.enum(["critical", "warning", "info"]).optional(),
  // One alone may stand without a list.
  alerts: z.union([alertName.transform((name) => [name]), z.array(alertName).max(50)]).default([]),
  links: z.array(z.object({ title: z.string().min(1), url: z.url({ protocol: /^https?$/ }) })).default([]),
});

/** What a runbook says of itself; other members (tags, weight, …) are for other readers. */
export type FrontMatter = z.output<typeof schema>;

/**
 * Splits the YAML between the first two `---` lines from the Markdown after it. Text without it is Markdown alone.
 *
 * @throws {RunbookFormatError}
 */
export function splitFrontMatter(text: string): { readonly matter: FrontMatter; readonly markdown: string } {
  const [opening] = /^---[ \t]*\r?\n/.exec(text) ?? [];
  if (opening === undefined) return { matter: schema.parse({}), markdown: text };
  const rest = text.slice(opening.length);
  const closing = /^---[ \t]*$/m.exec(rest.replaceAll("\r", " "));
  if (!closing) throw new RunbookFormatError('The front matter has no end: expected a line "---" after it');
  return {
    matter: parseMatter(rest.slice(0, closing.index)),
    markdown: rest.slice(closing.index + closing[0].length),
  };
}

function parseMatter(yaml: string): FrontMatter {
  const parsed = schema.safeParse(parseYaml(yaml) ?? {});
  if (parsed.success) return parsed.data;
  const words = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "it"}: ${message}`);
  throw new RunbookFormatError(`The front matter is wrong in ${words.join("; ")}`);
}

function parseYaml(yaml: string): unknown {
  try {
    // A line more, so that positions are those in the file.
    return parse(`\n${yaml}`, { logLevel: "error" });
  } catch (error) {
    const [words] = error instanceof YAMLParseError ? error.message.split(":\n") : [String(error)];
    throw new RunbookFormatError(`The front matter is no YAML: ${words}`, { cause: error });
  }
}
