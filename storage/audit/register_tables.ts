import type { ChainClosing, ChainOpening, Tombstone } from "../chain_register.ts";
import { parseTimestamp, printTimestamp } from "./columns.ts";

/** A table of the chains' register, the same in every SQL but for its name. */
export interface RegisterTable<Statement> {
  readonly columns: readonly RegisterColumn<Statement>[];
}

export interface RegisterColumn<Statement> {
  readonly name: string;
  readonly type: "text" | "integer" | "timestamp";
  readonly member: keyof Statement;
}

export const OPENINGS: RegisterTable<ChainOpening> = {
  columns: [
    { name: "chain_id", type: "text", member: "chainId" },
    { name: "replica", type: "text", member: "replica" },
    { name: "version", type: "text", member: "version" },
    { name: "opened_at", type: "timestamp", member: "openedAtMs" },
    { name: "public_key", type: "text", member: "publicKey" },
    { name: "signature", type: "text", member: "signature" },
  ],
};

export const CLOSINGS: RegisterTable<ChainClosing> = {
  columns: [
    { name: "chain_id", type: "text", member: "chainId" },
    { name: "seq", type: "integer", member: "seq" },
    { name: "hash", type: "text", member: "hash" },
    { name: "closed_at", type: "timestamp", member: "closedAtMs" },
    { name: "signature", type: "text", member: "signature" },
  ],
};

export const TOMBSTONES: RegisterTable<Tombstone> = {
  columns: [
    { name: "chain_id", type: "text", member: "chainId" },
    { name: "through_seq", type: "integer", member: "throughSeq" },
    { name: "hash", type: "text", member: "hash" },
    { name: "count", type: "integer", member: "count" },
    { name: "removed_at", type: "timestamp", member: "removedAtMs" },
    { name: "public_key", type: "text", member: "publicKey" },
    { name: "signature", type: "text", member: "signature" },
  ],
};

/** A statement's values in the order of the table's columns. */
export function cellsOf<Statement>(table: RegisterTable<Statement>, statement: Statement): (string | number)[] {
  return table.columns.map(({ member, type }) => {
    const value = statement[member];
    return type === "text" ? String(value) : type === "timestamp" ? printTimestamp(Number(value)) : Number(value);
  });
}

/** The statement behind a row of every column by its name; whole numbers may come as number, bigint or text. */
export function statementOf<Statement>(
  table: RegisterTable<Statement>,
  row: Readonly<Record<string, unknown>>,
): Statement {
  const entries = table.columns.map(({ name, member, type }) => {
    const text = String(row[name]);
    return [member, type === "text" ? text : type === "timestamp" ? parseTimestamp(text) : Number(text)];
  });
  // The columns hold every member, each by its type.
  return Object.fromEntries(entries) as Statement;
}
