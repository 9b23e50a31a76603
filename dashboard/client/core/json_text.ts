/** A piece of printed JSON, and what it is to the eye. */
export interface Token {
  readonly kind: "key" | "string" | "number" | "literal" | "punctuation" | "space";
  readonly text: string;
}

/** An array or object whose line stays so short is printed on one line. */
const LINE_CHARS_MAX = 80;

/** Deeper levels are indented no further, or a line of brackets would print as their square. */
const INDENT_LEVELS_MAX = 40;

// A run of plain characters is one step, so that a string of megabytes costs no stack.
const LEXEME = /"[^"\\]*(?:\\.[^"\\]*)*"|[^\s"[\]{},:]+|[[\]{},:]/g;

/** What is known of an array or object before it is printed. */
interface Container {
  readonly start: number;
  /** Characters of it on one line. */
  width: number;
  hasContainers: boolean;
}

/**
 * Prints JSON text as the guide does: small arrays and objects on one line, the others indented by two. It works on
 * the text and not on its value, so that every digit and every member stays as it came.
 *
 * @returns tokens whose texts, one after another, are the print; `undefined` where the text is no JSON
 */
export function layOutJson(text: string): readonly Token[] | undefined {
  if (!isJson(text)) return undefined;
  const lexemes = text.match(LEXEME) ?? [];
  const containers = measure(lexemes);
  const tokens: Token[] = [];
  const oneLine: boolean[] = [];
  let column = 0;

  function print(kind: Token["kind"], text: string): void {
    tokens.push({ kind, text });
    column += text.length;
  }
  function breakLine(): void {
    const indent = Math.min(oneLine.length, INDENT_LEVELS_MAX) * 2;
    tokens.push({ kind: "space", text: `\n${" ".repeat(indent)}` });
    column = indent;
  }

  lexemes.forEach((lexeme, i) => {
    const inOneLine = oneLine.at(-1) ?? false;
    const container = containers.get(i);
    if (container) {
      const fits = inOneLine || isOneLine(container, oneLine.length, column);
      print("punctuation", lexeme);
      oneLine.push(fits);
      if (!fits) breakLine();
    } else if (lexeme === "}" || lexeme === "]") {
      oneLine.pop();
      if (!inOneLine) breakLine();
      print("punctuation", lexeme);
    } else if (lexeme === ",") {
      print("punctuation", lexeme);
      if (inOneLine) print("space", " ");
      else breakLine();
    } else if (lexeme === ":") {
      print("punctuation", lexeme);
      print("space", " ");
    } else {
      print(kindOf(lexeme, lexemes[i + 1]), lexeme);
    }
  });
  return tokens;
}

/** Prints JSON text as `layOutJson` does; text that is no JSON stays as it is. */
export function printJson(text: string): string {
  return layOutJson(text)?.map((token) => token.text).join("") ?? text;
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The containers by the index of the lexeme that opens them. Iterative: no depth of input exhausts the stack. */
function measure(lexemes: readonly string[]): ReadonlyMap<number, Container> {
  const found = new Map<number, Container>();
  const open: Container[] = [];
  let position = 0;
  lexemes.forEach((lexeme, i) => {
    const start = position;
    position += lexeme === "," || lexeme === ":" ? 2 : lexeme.length;
    if (lexeme === "{" || lexeme === "[") {
      const parent = open.at(-1);
      if (parent) parent.hasContainers = true;
      const container: Container = { start, width: 0, hasContainers: false };
      found.set(i, container);
      open.push(container);
    } else if (lexeme === "}" || lexeme === "]") {
      const closed = open.pop();
      if (closed) closed.width = position - closed.start;
    }
  });
  return found;
}

/** The guide opens a message that has parts, and always its result, error or params; what is inside them if long. */
function isOneLine({ width, hasContainers }: Container, level: number, column: number): boolean {
  const isEmpty = width === 2;
  if (level === 0 && hasContainers) return false;
  if (level === 1 && !isEmpty) return false;
  return column + width <= LINE_CHARS_MAX;
}

function kindOf(lexeme: string, next: string | undefined): Token["kind"] {
  if (lexeme.startsWith('"')) return next === ":" ? "key" : "string";
  return /^[-\d]/.test(lexeme) ? "number" : "literal";
}
