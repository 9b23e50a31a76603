import { Lexer, walkTokens } from "marked";

/** The PromQL of a step's fenced blocks. */
export function queriesOf(text: string): string[] {
  const queries: string[] = [];
  walkTokens(new Lexer({ gfm: true }).lex(text), (token) => {
    if (token.type !== "code" || !/^promql\b/i.test(String(token["lang"] ?? ""))) return;
    const query = String(token["text"]).trim();
    if (query !== "") queries.push(query);
  });
  return queries;
}
