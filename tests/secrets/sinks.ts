import { type Planted, secretsIn } from "./planted.ts";

const CONTEXT_CHARS = 120;

/** Texts that came out of a server, by where they came out. */
export class Sinks {
  readonly #texts = new Map<string, string[]>();

  add(sink: string, text: string): void {
    const texts = this.#texts.get(sink) ?? [];
    texts.push(text);
    this.#texts.set(sink, texts);
  }

  /** All that came out there. */
  textOf(sink: string): string {
    return this.#texts.get(sink)?.join("\n") ?? "";
  }

  /** The planted secrets that came out, each with its place and the first text around it. */
  leaks(planted: readonly Planted[]): readonly string[] {
    return [...this.#texts.keys()].flatMap((sink) => {
      const text = this.textOf(sink);
      return secretsIn(text, planted).map((found) => {
        const secret = found.slice(found.indexOf(": ") + 2);
        const at = Math.max(0, text.indexOf(secret));
        return `${sink}: ${found} in …${text.slice(Math.max(0, at - CONTEXT_CHARS), at + CONTEXT_CHARS)}…`;
      });
    });
  }
}
