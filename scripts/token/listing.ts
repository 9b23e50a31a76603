import type { FileToken } from "../../server/auth/token/tokens_file.ts";

/** A key as it is listed. */
export interface Listed {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
  /** `null` where nobody knows. */
  readonly created: string | null;
  /** `null` where it has no end. */
  readonly expires: string | null;
  readonly state: "active" | "expired";
  readonly source: "store" | "TOKENS_FILE";
}

export function listed(token: FileToken & { readonly createdAtMs?: number }, nowMs: number): Listed {
  const { id, name, roles, createdAtMs, expiresAtMs } = token;
  return {
    id,
    name,
    roles,
    created: createdAtMs === undefined ? null : timeOf(createdAtMs),
    expires: expiresAtMs === undefined ? null : timeOf(expiresAtMs),
    state: isLive(token, nowMs) ? "active" : "expired",
    source: createdAtMs === undefined ? "TOKENS_FILE" : "store",
  };
}

export function isLive({ expiresAtMs }: Pick<FileToken, "expiresAtMs">, nowMs: number): boolean {
  return expiresAtMs === undefined || expiresAtMs > nowMs;
}

/** `abc… of "alice" (operator, viewer), which ends 2026-11-22T10:30:00Z`. */
export function describeToken({ id, name, roles, expiresAtMs }: FileToken): string {
  const end = expiresAtMs === undefined ? "which has no end" : `which ends ${timeOf(expiresAtMs)}`;
  return `${id} of ${JSON.stringify(name)} (${roles.join(", ")}), ${end}`;
}

/** To the second. */
export function timeOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, "");
}

const HEAD = ["ID", "NAME", "ROLES", "CREATED", "EXPIRES", "STATE", "SOURCE"];

/** The keys as a table, one line each. */
export function printTable(tokens: readonly Listed[]): string {
  const rows = tokens.map(({ id, name, roles, created, expires, state, source }) =>
    [id, name, roles.join(","), created ?? "-", expires ?? "never", state, source].map(printable)
  );
  const widths = HEAD.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [HEAD, ...rows]
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd())
    .join("\n");
}

/** Whoever may write to the store may not therefore write to this terminal. */
function printable(text: string): string {
  return text.replaceAll(/[^ -~]/g, "?");
}
