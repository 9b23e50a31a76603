/// <reference lib="dom" />
import type { ConsoleHealth, ConsoleUpstream, ReplicaGauges } from "../../wire.ts";
import { build, mark, say } from "../core/dom.ts";
import { formatCount, formatDuration } from "../core/format.ts";
import type { Console, View } from "../shell/console.ts";
import { openStream } from "../watch/stream.ts";

const EVERY_MS = 2_000;
/** A replica that has told nothing for so long is shown no more. */
const SILENT_MS = 30_000;

type Tone = "ok" | "wait" | "bad" | "";
type Fact = readonly [name: string, value: string, tone?: Tone];

const TONES: Readonly<Record<string, Tone>> = {
  ...{ healthy: "ok", degraded: "wait", unhealthy: "bad" },
  ...{ connected: "ok", embedded: "", disconnected: "bad" },
  ...{ serving: "ok", starting: "wait", leaving: "wait", draining: "bad" },
  ...{ spooling: "wait", away: "bad" },
  ...{ answering: "ok", unasked: "", failing: "bad" },
};

/** How the server is doing: its stores, the audit log's queue and spool, versions, and the replicas that are heard of. */
export function createHealth({ readHealth }: Console, section: HTMLElement): View {
  const heard = new Map<string, { readonly gauges: ReplicaGauges; readonly atMs: number }>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stream: { close(): void } | undefined;
  /** Which visit an answer belongs to: one that comes late shows nothing. */
  let visit = 0;

  const note = mark(build("p", "watch-note"), { role: "status", id: "health-note" });
  const [server, stores, upstreams, audit, versions, replicas] = [
    ...["This replica", "Stores", "Behind the tools", "Audit log", "Versions", "Replicas"],
  ]
    .map((title) => {
      const facts = build("dl", "facts");
      const card = mark(build("section", "card", build("div", "card-head", build("h2", "", title)), facts), {
        "aria-label": title,
      });
      return { card, facts };
    });
  const cards = [server, stores, upstreams, audit, versions, replicas].flatMap((part) => part ? [part.card] : []);
  section.append(note, ...cards);

  async function ask(mine: number): Promise<void> {
    const answer = await readHealth();
    if (mine !== visit) return;
    if (answer.kind === "answer") show(answer.value);
    else say(note, `${answer.words}: what is shown is of before.`);
    timer = setTimeout(() => void ask(mine), EVERY_MS);
  }

  function show(health: ConsoleHealth): void {
    const { status, phase, warnings, audit: state, load } = health;
    say(note, [`The server is ${status}`, ...warnings].join(". "));
    print(server, [
      ["Status", status, toneOf(status)],
      ["Replica", health.replica],
      ["Phase", phase, toneOf(phase)],
      ...load
        ? [["Connections", formatCount(load.connections)], ["Calls under way", formatCount(load.inFlight)]] as const
        : [],
      ["Tools", formatCount(health.tools)],
    ]);
    print(stores, Object.entries(health.stores).map(([name, now]) => [name, now, toneOf(now)]));
    if (upstreams) upstreams.card.hidden = health.upstreams.length === 0;
    print(upstreams, health.upstreams.map((one) => [one.name, wordsOf(one), toneOf(one.state)]));
    print(audit, [
      ["State", state, toneOf(state)],
      ...load
        ? [
          ["Waiting in memory", formatCount(load.queued)],
          ["Waiting in the spool", formatCount(load.spooled), load.spooled > 0 ? "wait" : ""],
        ] as const
        : [],
    ]);
    print(versions, Object.entries(health.versions));
    const since = performance.now() - SILENT_MS;
    for (const [name, { atMs }] of heard) if (atMs < since) heard.delete(name);
    const known = [...heard].sort(([a], [b]) => a.localeCompare(b));
    if (replicas) replicas.card.hidden = known.length === 0;
    print(
      replicas,
      known.map(([name, { gauges: { connections, inFlight } }]) => [
        name,
        [counted(connections, "connection"), `${counted(inFlight, "call")} under way`].join(", "),
      ]),
    );
  }

  return {
    show() {
      if (stream) return;
      stream = openStream({
        onHello: () => {},
        onNews: ({ replica, gauges }) => void (gauges && heard.set(replica, { gauges, atMs: performance.now() })),
        onLost: () => heard.clear(),
      });
      void ask(++visit);
    },
    hide() {
      visit++;
      clearTimeout(timer);
      stream?.close();
      stream = undefined;
    },
    leave: () => heard.clear(),
  };
}

function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** `answering · 12 ms · 3 s ago`; of what fails, how often and when it answered last. */
function wordsOf({ state, failures = 0, okAgoMs, failedAgoMs, latencyMs }: ConsoleUpstream): string {
  const ago = (ms: number | undefined) => ms === undefined ? [] : [`${formatDuration(ms).replace(/\.\d /, " ")} ago`];
  if (state === "unasked") return "not asked yet";
  if (state === "answering") {
    return [state, ...latencyMs === undefined ? [] : [formatDuration(latencyMs)], ...ago(okAgoMs)].join(" · ");
  }
  const since = ago(okAgoMs).map((words) => `answered ${words}`);
  return [failures > 1 ? `failing, ${failures} times in a row` : state, ...ago(failedAgoMs), ...since].join(" · ");
}

function toneOf(word: string): Tone {
  return TONES[word] ?? "";
}

function print(part: { readonly facts: HTMLElement } | undefined, facts: readonly Fact[]): void {
  part?.facts.replaceChildren(
    ...facts.flatMap(([name, value, tone = ""]) => [build("dt", "", name), build("dd", tone && `tone-${tone}`, value)]),
  );
}
