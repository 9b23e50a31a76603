import type { OurSize } from "./ours.ts";
import { PEER } from "./peer.ts";
import { QUESTIONS } from "./questions.ts";

/** A row of docs/answer-sizes.md. */
export interface SizeRow {
  readonly words: string;
  readonly tool: string;
  readonly textBytes: number;
  readonly jsonBytes: number;
  readonly peerBytes: number | undefined;
}

/** As the server itself estimates them (`tools/shape.ts`). */
export function tokensOf(bytes: number): number {
  return Math.ceil(bytes / 3);
}

export function printTable(ours: readonly OurSize[], peer: readonly (number | undefined)[]): string {
  const head = [
    `| Question | Tool | Text: bytes | Text: tokens | JSON: bytes | JSON: tokens | \`${PEER}\` | Its bytes | Its tokens |`,
    "| --- | --- | --: | --: | --: | --: | --- | --: | --: |",
  ];
  const rows = QUESTIONS.map(({ words, tool, peer: asked }, index) => {
    const { textBytes, jsonBytes } = ours[index] ?? { textBytes: 0, jsonBytes: 0 };
    const theirs = peer[index];
    const cells = [
      ...[words, `\`${tool}\``, textBytes, tokensOf(textBytes), jsonBytes, tokensOf(jsonBytes)],
      ...(asked && theirs !== undefined ? [`\`${asked.tool}\``, theirs, tokensOf(theirs)] : ["—", "", ""]),
    ];
    return `| ${cells.join(" | ")} |`;
  });
  return [...head, ...rows].join("\n");
}

/** The rows of the table in a document. */
export function parseTable(document: string): readonly SizeRow[] {
  return document.split("\n").flatMap((line) => {
    const [, words = "", tool, text, , json, , peer, theirs] = line.split("|").map((cell) => cell.trim());
    if (!tool?.startsWith("`") || text === undefined || !/^\d+$/.test(text)) return [];
    const peerBytes = peer?.startsWith("`") ? Number(theirs) : undefined;
    return [{ words, tool: tool.slice(1, -1), textBytes: Number(text), jsonBytes: Number(json), peerBytes }];
  });
}
