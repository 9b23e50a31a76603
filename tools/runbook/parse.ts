import { Lexer, type Token, type Tokens } from "marked";
import { splitFrontMatter } from "./front_matter.ts";
import { type Link, type Runbook, RunbookFormatError } from "./runbook.ts";
import { linksOf, toStep } from "./steps.ts";

const LINKS_MAX = 50;

/** Alerts are named so by custom: `KubePodCrashLooping`. */
const ALERT = /^(?=.*[a-z])(?=.+[A-Z])[A-Za-z][A-Za-z0-9]{1,127}$/;

/** Headings that say what an alert means, in the layout of prometheus-operator/runbooks, and are nothing to do. */
const BACKGROUND = /^(meaning|impact)$/i;

interface Section {
  readonly title: string;
  readonly body: readonly Token[];
}

/**
 * Reads a runbook: YAML front matter (`title`, `summary`, `severity`, `links`), then Markdown in which each heading of
 * level 2 is a step. `runbooks/README.md` describes it for authors. Where the front matter says nothing, the title is
 * the heading of level 1 or the id, and the summary the first paragraph of Meaning and of Impact, or of the text.
 *
 * @throws {RunbookFormatError}
 */
export function parseRunbook(id: string, text: string): Runbook {
  const { matter, markdown } = splitFrontMatter(text);
  const tokens = lex(markdown);
  const sections = splitSections(tokens);
  const background = sections.filter(({ title }) => BACKGROUND.test(title));
  const steps = sections.filter((section) => !background.includes(section))
    .map(({ title, body }, index) => toStep(index + 1, title, body));
  if (steps.length === 0) {
    throw new RunbookFormatError('It has no steps: expected headings such as "## Look at the logs"');
  }
  return {
    id,
    title: matter.title ?? titleOf(tokens) ?? id,
    summary: matter.summary ?? summaryOf(background.length > 0 ? background.map(({ body }) => body) : [tokens]),
    severity: matter.severity ?? "unspecified",
    alerts: alertsOf(matter.alerts, titleOf(tokens)),
    steps,
    links: distinct([...matter.links, ...linksOf(tokens)]).slice(0, LINKS_MAX),
  };
}

/** A page of prometheus-operator/runbooks is headed by its alert's name. */
function alertsOf(named: readonly string[], heading: string | undefined): readonly string[] {
  return heading !== undefined && ALERT.test(heading) ? [...new Set([...named, heading])] : named;
}

function lex(markdown: string): Token[] {
  try {
    return new Lexer({ gfm: true }).lex(markdown);
  } catch (error) {
    throw new RunbookFormatError("Its Markdown cannot be read", { cause: error });
  }
}

function splitSections(tokens: readonly Token[]): Section[] {
  const starts = tokens.flatMap((token, index) => isHeading(token, 2) ? [{ index, title: token.text }] : []);
  return starts.map(({ index, title }, at) => ({ title, body: tokens.slice(index + 1, starts[at + 1]?.index) }));
}

function titleOf(tokens: readonly Token[]): string | undefined {
  return tokens.find((token) => isHeading(token, 1))?.text;
}

function summaryOf(texts: readonly (readonly Token[])[]): string {
  return texts.flatMap((tokens) => tokens.find(({ type }) => type === "paragraph")?.raw ?? [])
    .map((paragraph) => paragraph.trim().replace(/\s+/g, " "))
    .join(" ");
}

function distinct(links: readonly Link[]): Link[] {
  const seen = new Set<string>();
  return links.filter(({ url }) => !seen.has(url) && seen.add(url));
}

/** A guard of our own: marked's Token is open to extensions, so that its `type` alone narrows nothing. */
function isHeading(token: Token, depth: number): token is Tokens.Heading {
  return token.type === "heading" && token.depth === depth;
}
