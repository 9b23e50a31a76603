// What identity and policy cost: the same calls against a server that asks nobody, and against one with API keys and the
// example policy, in turn; with a real Redis (append-only file on) and a real Postgres, and with the embedded stores:
//   deno run -A bench/auth_cost.ts [rounds] [seconds]

import { createApiKey } from "../server/auth/token/api_key.ts";
import { ROOT, type ServerService, startServer } from "../tests/services/server.ts";
import { type Load, load, type Measured } from "./cost/load.ts";
import { loadHttp } from "./cost/load_http.ts";
import { threadsMs } from "./load/process_cost.ts";
import { startStores } from "./stores.ts";

const [rounds, seconds] = [Number(Deno.args[0] ?? 5), Number(Deno.args[1] ?? 4)];
const LOADS = [["WebSocket", 50, 1], ["WebSocket", 50, 8], ["POST", 50, 1]] as const;
/** Both servers count calls; neither is to refuse one. */
const COUNTED = { RATE_LIMIT_PER_MINUTE: "10000000", ADDRESS_LIMIT_PER_MINUTE: "10000000" };
/** Of docs/policy.example.json: it may read, and has no limits of its own. */
const ROLE = "viewer";

interface Cost extends Measured {
  /** Of the server's processor time, per call. */
  readonly processorMicros: number;
}

interface Contender {
  readonly server: ServerService;
  readonly headers: Readonly<Record<string, string>>;
}

await using closing = new AsyncDisposableStack();
const folder = await Deno.makeTempDir({ prefix: "cost-" });
closing.defer(() => Deno.remove(folder, { recursive: true }));
const { id, key, sha256 } = createApiKey();
const tokensFile = `${folder}/tokens.json`;
await Deno.writeTextFile(tokensFile, JSON.stringify({ tokens: [{ id, name: "bench", roles: [ROLE], sha256 }] }));

async function startPair(
  stores: Readonly<Record<string, string>>,
): Promise<readonly [open: Contender, asked: Contender]> {
  const token = { AUTH_MODE: "token", TOKENS_FILE: tokensFile, POLICY_FILE: `${ROOT}docs/policy.example.json` };
  return [
    { server: closing.use(await startServer({ ...COUNTED, ...stores })), headers: {} },
    {
      server: closing.use(await startServer({ ...COUNTED, ...stores, ...token })),
      headers: { authorization: `Bearer ${key}` },
    },
  ];
}

/** Two that ask nobody: what differs between them is the noise of the measurement. */
async function startEqualPair(
  stores: Readonly<Record<string, string>>,
): Promise<readonly [open: Contender, other: Contender]> {
  const start = async () => ({ server: closing.use(await startServer({ ...COUNTED, ...stores })), headers: {} });
  return [await start(), await start()];
}

async function measure({ server, headers }: Contender, transport: "WebSocket" | "POST", what: Load): Promise<Cost> {
  const beforeMs = threadsMs(server.pid);
  const result = transport === "POST"
    ? await loadHttp(`${server.url}/mcp`, { ...what, headers })
    : await load(server.socketUrl, { ...what, headers });
  const micros = (threadsMs(server.pid) - beforeMs) * 1000;
  return { ...result, processorMicros: micros / (result.callsPerSecond * what.seconds) };
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

async function compare(stores: string, [open, asked]: readonly [Contender, Contender]): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const [transport, connections, depth] of LOADS) {
    const what = { connections, depth, seconds };
    for (const contender of [open, asked]) await measure(contender, transport, { ...what, seconds: 1 });
    const runs: { readonly open: Cost; readonly asked: Cost }[] = [];
    for (let round = 0; round < rounds; round++) {
      // Each goes first every other time.
      const [first, second] = round % 2 ? [asked, open] : [open, asked];
      const [one, other] = [await measure(first, transport, what), await measure(second, transport, what)];
      runs.push(round % 2 ? { open: other, asked: one } : { open: one, asked: other });
    }
    const of = (pick: (run: typeof runs[number]) => number) => median(runs.map(pick));
    lines.push(`| ${
      [
        stores,
        `${transport} ${connections} × ${depth}`,
        Math.round(of((run) => run.open.callsPerSecond)),
        Math.round(of((run) => run.asked.callsPerSecond)),
        of((run) => run.asked.callsPerSecond / run.open.callsPerSecond).toFixed(2),
        Math.round(of((run) => run.open.processorMicros)),
        Math.round(of((run) => run.asked.processorMicros)),
        of((run) => run.open.processorMicros / run.asked.processorMicros).toFixed(2),
      ].join(" | ")
    } |`);
  }
  return lines;
}

const { settings: shared } = await startStores(closing);
const lines = [
  ...await compare("Redis, Postgres", await startPair(shared)),
  ...await compare("the same, both open", await startEqualPair(shared)),
  ...await compare("embedded", await startPair({})),
];
const head = [
  "stores",
  "load",
  "open, calls/s",
  "token and policy, calls/s",
  "ratio",
  "open, µs of processor/call",
  "token and policy, µs/call",
  "ratio",
];
// deno-lint-ignore no-console -- Its result.
console.log(
  [
    `| ${head.join(" | ")} |`,
    `| ${head.map(() => "---").join(" | ")} |`,
    ...lines,
    `\nMedians of ${rounds} interleaved runs of ${seconds} s; ratios are medians of the ratio of each pair of runs.`,
  ].join("\n"),
);
