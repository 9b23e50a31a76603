import assert from "node:assert/strict";
import { join, normalize } from "node:path";
import { Lexer, type Token, type Tokens } from "marked";
import { ROOT } from "../services/server.ts";

/** A Markdown file of the project. */
export interface Document {
  /** From the root of the project. */
  readonly path: string;
  readonly text: string;
  readonly tokens: readonly Token[];
}

export async function readDocuments(): Promise<readonly Document[]> {
  const paths = ["."].concat("docs", "docs/decisions", "docs/tools", "runbooks").flatMap((folder) =>
    Array.from(Deno.readDirSync(join(ROOT, folder)))
      .filter(({ name }) => name.endsWith(".md"))
      .map(({ name }) => normalize(join(folder, name)))
  );
  return await Promise.all(
    paths.sort().map(async (path) => {
      const text = await Deno.readTextFile(join(ROOT, path));
      return { path, text, tokens: new Lexer({ gfm: true }).lex(text) };
    }),
  );
}

/** Every token, nested ones too. */
function* walk(tokens: readonly Token[]): Generator<Token> {
  for (const token of tokens) {
    yield token;
    const nested: readonly unknown[] = [
      "tokens" in token ? token.tokens : [],
      token.type === "list" ? token["items"] : [],
      token.type === "table" ? [token["header"], ...token["rows"]].flat() : [],
    ].flat();
    yield* walk(nested.filter((inner) => inner !== undefined) as Token[]); // As marked nests them.
  }
}

export function links(tokens: readonly Token[]): readonly Tokens.Link[] {
  const all = [...walk(tokens)].filter((token): token is Tokens.Link => token.type === "link");
  return all.filter(({ href }) => !/^[a-z]+:/.test(href));
}

/** Texts of the fenced blocks in a language. */
export function codeBlocks(tokens: readonly Token[], language: string): readonly string[] {
  const blocks = [...walk(tokens)].filter((token): token is Tokens.Code => token.type === "code");
  return blocks.filter(({ lang }) => lang === language).map(({ text }) => text);
}

export function headings(tokens: readonly Token[]): readonly Tokens.Heading[] {
  return tokens.filter((token): token is Tokens.Heading => token.type === "heading");
}

const PATH = /^\.?[\w*-][\w.*-]*(\/[\w.*-]+)*\/?$/;
const FILE = /\w\.(json|lock|md|py|sh|sql|ts|txt|ya?ml)$|\/$|^\.ci\/|^Dockerfile/;

/** What stands in a code span and has the form of a file or folder; of a pattern, the part before its star. */
export function fileNames(tokens: readonly Token[]): readonly string[] {
  const spans = [...walk(tokens)].filter((token): token is Tokens.Codespan => token.type === "codespan");
  const names = spans.filter(({ text }) => PATH.test(text) && FILE.test(text)).map(({ text }) =>
    text.split("*")[0] ?? ""
  );
  return [...new Set(names)].filter((name) => name !== "");
}

export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(join(ROOT, path));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

/** Rows of the first table after a heading, each a list of its cells' source. */
export function tableUnder({ path, tokens }: Document, title: string): readonly (readonly (string | undefined)[])[] {
  const start = tokens.findIndex((token) => token.type === "heading" && token["text"] === title);
  const table = tokens.slice(start + 1).find((token): token is Tokens.Table => token.type === "table");
  assert(start >= 0 && table, `${path} has a table under "${title}"`);
  return table.rows.map((row) => row.map(({ text }) => text));
}

/** As GitHub makes them. */
export function anchorOf(title: string): string {
  return title.toLowerCase().replaceAll(/[^\w\s-]/g, "").replaceAll(/\s/g, "-");
}
