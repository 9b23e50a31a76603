import { closedLoop } from "../load/closed_loop.ts";
import { median, type Run } from "../load/run.ts";
import { type Cell, ECHO } from "./cell.ts";

/** What a cell came to: each figure the median of its rounds. */
export interface Row extends Run {
  readonly load: string;
  readonly subject: string;
  readonly call: string;
  /** Calls a second to those of the raw echo under the same load; the median of the rounds' own. */
  readonly toEcho: number;
  /** The echo's processor time a call to this one's, likewise. */
  readonly processorToEcho: number;
  /** Every round's. */
  readonly rounds: readonly Run[];
}

/** A server that others had their turns before gets going again: its engine has let go of memory and code meanwhile. */
const WARM_TURN_SECONDS = 0.4;

/**
 * Measures every cell once a round, in turn: what the machine does meanwhile meets all of them.
 *
 * @param warmSeconds of each cell before the first round, which are not counted
 */
export async function measure(
  cells: readonly Cell[],
  { rounds, seconds, warmSeconds }: Readonly<Record<"rounds" | "seconds" | "warmSeconds", number>>,
): Promise<readonly Row[]> {
  const runs = new Map<Cell, Run[]>(cells.map((cell) => [cell, []]));
  for (const cell of cells) await closedLoop({ ...cell, seconds: warmSeconds });
  for (let round = 0; round < rounds; round++) {
    for (const cell of cells) {
      await closedLoop({ ...cell, seconds: Math.min(seconds, WARM_TURN_SECONDS) });
      runs.get(cell)?.push(await closedLoop({ ...cell, seconds }));
    }
  }
  return cells.map((cell) => {
    const own = runs.get(cell) ?? [];
    const echo = runs.get(cells.find(({ load, subject }) => load === cell.load && subject === ECHO) ?? cell) ?? own;
    return { ...rowOf(cell, own), ...compare(own, echo), rounds: own };
  });
}

/** Measures the groups one after the other. @returns a row for each cell */
export async function measureGroups(
  cells: readonly Cell[],
  plan: Parameters<typeof measure>[1],
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const { echoes, own } of groupsOf(cells)) {
    rows.push(...(await measure([...echoes, ...own], plan)).slice(echoes.length));
  }
  return rows;
}

/** What is measured side by side: calls of one kind under one load, and the echo of that load where it is in another group. */
export interface Group {
  readonly echoes: readonly Cell[];
  readonly own: readonly Cell[];
}

/** Puts cells together so few that each server has its turn again before its engine lets go of what it has compiled. */
export function groupsOf(cells: readonly Cell[]): readonly Group[] {
  const kindOf = ({ call, isSlow }: Cell) => isSlow ? call : call.split(/[ ,]/)[0];
  const groups = Map.groupBy(cells, (cell) => `${cell.load}, ${kindOf(cell)}`);
  return [...groups.values()].map((own) => ({
    echoes: cells.filter((cell) => cell.subject === ECHO && cell.load === own[0]?.load && !own.includes(cell)),
    own,
  }));
}

/** @returns ratios of the first to the second, each the median of the rounds' own */
export function compare(own: readonly Run[], other: readonly Run[]): Pick<Row, "toEcho" | "processorToEcho"> {
  const ratio = (of: (run: Run, against: Run) => number) =>
    median(own.flatMap((run, i) => {
      const against = other[i];
      return against ? [of(run, against)] : [];
    }));
  return {
    toEcho: ratio((run, against) => run.callsPerSecond / against.callsPerSecond),
    processorToEcho: ratio((run, against) => against.processorMicros / run.processorMicros),
  };
}

function rowOf({ load, subject, call }: Cell, own: readonly Run[]) {
  const of = (pick: (run: Run) => number) => median(own.map(pick));
  return {
    ...{ load, subject, call },
    callsPerSecond: of((run) => run.callsPerSecond),
    p50Ms: of((run) => run.p50Ms),
    p95Ms: of((run) => run.p95Ms),
    p99Ms: of((run) => run.p99Ms),
    maxMs: of((run) => run.maxMs),
    processorMicros: of((run) => run.processorMicros),
    serverShare: of((run) => run.serverShare),
    loadShare: of((run) => run.loadShare),
    bytes: of((run) => run.bytes),
    residentMiB: of((run) => run.residentMiB),
  };
}
