import type { Register } from "../audit_reader.ts";

/** What is said of one chain. */
export interface ChainStatements extends Register {
  readonly openings: Register["openings"][number][];
  readonly closings: Register["closings"][number][];
  readonly tombstones: Register["tombstones"][number][];
}

/** Of a chain that nothing is said of. */
export function noStatements(): ChainStatements {
  return { openings: [], closings: [], tombstones: [] };
}

/** What is said of each chain. */
export function groupByChain({ openings, closings, tombstones }: Register): Map<string, ChainStatements> {
  const byChain = new Map<string, ChainStatements>();
  const of = (chainId: string) => {
    const statements = byChain.get(chainId) ?? noStatements();
    byChain.set(chainId, statements);
    return statements;
  };
  for (const opening of openings) of(opening.chainId).openings.push(opening);
  for (const closing of closings) of(closing.chainId).closings.push(closing);
  for (const tombstone of tombstones) of(tombstone.chainId).tombstones.push(tombstone);
  return byChain;
}
