import { median, type Run } from "../load/run.ts";
import { ECHO } from "./cell.ts";
import type { Row } from "./measure.ts";
import { printStall } from "./stall.ts";
import type { AtShare } from "./steady.ts";

/** What was aimed at, and what was reached. */
export interface Aim {
  readonly what: string;
  readonly aim: string;
  readonly reached: string;
  /** The same ratio of processor time, where there is one. */
  readonly byProcessor: string;
  readonly isMet: boolean;
}

interface RatioAim {
  readonly what: string;
  readonly own: readonly [load: string, subject: string, call: string];
  readonly other: readonly [subject: string, call: string];
  readonly least: number;
}

const FULL = "Redis + Postgres";
const HTTP = "HTTP 50 × 1";
const ERAS = ["2025-11-25", "2026-07-28"];
const KUBERNETES = "kubernetes-mcp-server";

const RATIOS: readonly RatioAim[] = [
  ...([
    ["No stores, WebSocket 50 × 1, to the raw echo", "WebSocket 50 × 1", "no stores", 0.8],
    ["Full promise, WebSocket 50 × 1, to the raw echo", "WebSocket 50 × 1", FULL, 0.2],
    ["Full promise, WebSocket 50 × 8, to the raw echo", "WebSocket 50 × 8", FULL, 0.3],
    ["Full promise, HTTP 50 × 1, to the raw echo", HTTP, FULL, 0.2],
  ] as const).map(([what, load, subject, least]): RatioAim => ({
    ...{ what: `\`ctx.get\`: ${what}`, own: [load, subject, "ctx.get"], other: [ECHO, "ctx.get"], least },
  })),
  ...ERAS.flatMap((era) =>
    ([
      ["SDK v2", `tools/call echo, ${era}`, 3],
      ["server-everything", "tools/call echo", 5],
      [KUBERNETES, "tools/call configuration_view", 5],
    ] as const).map(([subject, call, least]): RatioAim => ({
      what: `\`tools/call\` of ${era}, full promise, to ${subject}'s ${call.replace(/^tools\/call |, .*/g, "")}`,
      own: [HTTP, FULL, `tools/call ctx_get, ${era}`],
      other: [subject, call],
      least,
    }))
  ),
  ...ERAS.map((era): RatioAim => ({
    what: `\`tools/list\` of ${era}, full promise, to ${KUBERNETES}'s`,
    own: [HTTP, FULL, `tools/list, ${era}`],
    other: [KUBERNETES, "tools/list"],
    least: 5,
  })),
];

/** Every aim whose figures were measured. */
export function judge(rows: readonly Row[], steady: AtShare | undefined): readonly Aim[] {
  const find = (load: string, subject: string, call: string) =>
    rows.find((row) => row.load === load && row.subject === subject && row.call === call);
  const ratios = RATIOS.flatMap(({ what, own: [load, subject, call], other, least }): readonly Aim[] => {
    const [own, against] = [find(load, subject, call), find(load, ...other)];
    if (!own || !against) return [];
    const ratio = ratioOf(own, against, (run, other) => run.callsPerSecond / other.callsPerSecond);
    const byProcessor = ratioOf(own, against, (run, other) => other.processorMicros / run.processorMicros).toFixed(2);
    return [{ what, aim: `≥ ${least.toFixed(2)}`, reached: ratio.toFixed(2), byProcessor, isMet: ratio >= least }];
  });
  const one = find("WebSocket 1 × 1", FULL, "ctx.get");
  return [...ratios, ...one ? [oneConnection(one)] : [], ...steady ? atShare(steady) : []];
}

function oneConnection({ p50Ms }: Row): Aim {
  const what = "`ctx.get`: full promise, one WebSocket connection, p50";
  return { what, aim: "≤ 1 ms", reached: `${p50Ms.toFixed(2)} ms`, byProcessor: "–", isMet: p50Ms <= 1 };
}

function atShare({ p50Ms, p99Ms, longestStall, stallsOver50Ms }: AtShare): readonly Aim[] {
  const times = p99Ms / p50Ms;
  return [
    {
      what: "At 80 % of capacity: p99 to p50",
      aim: "≤ 10",
      reached: times.toFixed(1),
      byProcessor: "–",
      isMet: times <= 10,
    },
    {
      what: "At 80 % of capacity: longest stall of the event loop",
      aim: "≤ 50 ms",
      reached: printStall(longestStall),
      byProcessor: "–",
      isMet: stallsOver50Ms === 0,
    },
  ];
}

/** The median of the rounds' own ratios: what the machine does meanwhile is on both sides. */
function ratioOf(own: Row, other: Row, of: (run: Run, other: Run) => number): number {
  return median(own.rounds.flatMap((run, i) => {
    const against = other.rounds[i];
    return against ? [of(run, against)] : [];
  }));
}
