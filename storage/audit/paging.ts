import type { StoredAuditRecord } from "../audit_log.ts";
import type { TimeRange } from "../audit_reader.ts";
import { printTimestamp, recordOf } from "./columns.ts";
import type { Filter } from "./filters.ts";

/** Rows in an order in which they can be read page by page. */
export interface PageQuery {
  /** Columns that order the rows and tell them apart. */
  readonly key: readonly ("chain_id" | "seq" | "id")[];
  readonly filters: readonly Filter[];
}

/** Every record, chain by chain. */
export const BY_CHAIN: PageQuery = { key: ["chain_id", "seq", "id"], filters: [] };

/** One chain from a `seq` on. */
export function ofChain(chainId: string, fromSeq: number): PageQuery {
  return { key: ["seq", "id"], filters: [{ left: "chain_id =", value: chainId }, { left: "seq >=", value: fromSeq }] };
}

/** Records of some time, by `id`. */
export function byId({ fromMs, toMs }: TimeRange): PageQuery {
  const bounds = [['"timestamp" >=', fromMs], ['"timestamp" <', toMs]] as const;
  const filters = bounds.flatMap(([left, ms]) => ms === undefined ? [] : [{ left, value: printTimestamp(ms) }]);
  return { key: ["id"], filters };
}

type Row<Cell> = Readonly<Record<string, Cell>>;

/**
 * Records page by page: the next page begins behind the last row's key as the database gave it, whatever number somebody
 * put in there.
 *
 * @param read gives the rows behind a key, or the first ones
 */
export async function* pages<Cell>(
  { key }: PageQuery,
  pageMax: number,
  read: (behind: readonly Cell[] | undefined) => Promise<readonly Row<Cell>[]> | readonly Row<Cell>[],
): AsyncGenerator<readonly StoredAuditRecord[]> {
  let behind: readonly Cell[] | undefined;
  while (true) {
    const rows = await read(behind);
    if (rows.length > 0) yield rows.map(recordOf);
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageMax) return;
    behind = key.flatMap((name) => last[name] ?? []);
  }
}
