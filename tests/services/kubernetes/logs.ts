import { Buffer } from "node:buffer";
import { type Recorded, recordedBytes, recordings } from "./recorded.ts";

/** A log line: its time in RFC 3339 with nanoseconds, and its bytes, one a character. */
export interface WorldLine {
  readonly time: string;
  readonly bytes: string;
}

/** Logs by `namespace/pod/container`, and `…/previous` for the run before. */
export type WorldLogs = Map<string, readonly WorldLine[]>;

const CHATTY = "mcp-server-79b7cc4d58-6qnbt";

/** Logs recorded without times: their lines get the time that their container started, a microsecond apart. */
const UNTIMED: readonly (readonly [pod: string, container: string, file: string])[] = [
  ["init-crashloop", "migrate", "init-crash.txt"],
  ["multi-ready", "app", "multi-app.txt"],
  ["multi-ready", "helper", "multi-helper.txt"],
  ["multi-ready", "debugger", "ephemeral-debugger.txt"],
  ["native-sidecar", "app", "single-container-with-init-no-name.txt"],
  ["native-sidecar", "setup", "init-container.txt"],
  ["native-sidecar", "proxy", "sidecar.txt"],
  ["postgres-mcp-0", "postgres", "postgres.txt"],
  ["redis-mcp-0", "redis", "redis.txt"],
];

/**
 * The recorded logs. Two pods whose logs were not recorded have heartbeats made from those of the third: their own
 * name in them, and some microseconds later.
 */
export function recordedLogs(pods: readonly Recorded[]): WorldLogs {
  const logs: WorldLogs = new Map();
  // One line was written between the two recordings.
  const chatty = [...timed("timestamps.txt"), ...timed("tail-5-timestamps.txt").slice(-1)];
  logs.set(`mcp-lab/${CHATTY}/mcp-server`, chatty);
  const heartbeats = chatty.filter(({ bytes }) => bytes.includes("heartbeat"));
  for (const [index, name] of ["mcp-server-79b7cc4d58-7gb59", "mcp-server-79b7cc4d58-mgnlg"].entries()) {
    const lines = heartbeats.map(({ time, bytes }) => ({
      time: addMicros(time, index + 1),
      bytes: bytes.replace(CHATTY, name),
    }));
    logs.set(`mcp-lab/${name}/mcp-server`, lines);
  }
  logs.set("mcp-lab/crashloop/main", timed("crashloop-previous-timestamps.txt"));
  logs.set("mcp-lab/crashloop/main/previous", timed("crashloop-previous-timestamps.txt"));
  for (const [pod, container, file] of UNTIMED) {
    const started = startOf(pods.find(({ metadata }) => metadata.name === pod), container);
    const lines = linesOf(file).map((bytes, index) => ({ time: addMicros(started, index), bytes }));
    logs.set(`mcp-lab/${pod}/${container}`, lines);
  }
  return logs;
}

/** The moment that the logs were recorded: what `sinceSeconds` counts back from. */
export function recordedNow(): string {
  const at = recordings().find(({ file }) => file === "logs/since-10s.txt")?.at;
  if (at === undefined) throw new Error("logs/since-10s.txt is not among the recordings");
  return at;
}

export interface LogOptions {
  readonly timestamps: boolean;
  readonly tailLines: number | undefined;
  readonly limitBytes: number | undefined;
  /** Only lines from this time on, ISO 8601. */
  readonly since: string | undefined;
}

/** The bytes of a log, cut as the kubelet does: its newest lines first of all, then their beginning. */
export function printLog(lines: readonly WorldLine[], options: LogOptions): Uint8Array {
  const { timestamps, tailLines, limitBytes, since } = options;
  const tail = tailLines === undefined ? lines : lines.slice(Math.max(0, lines.length - tailLines));
  const recent = since === undefined ? tail : tail.filter(({ time }) => time >= since);
  const text = recent.map(({ time, bytes }) => `${timestamps ? `${time} ` : ""}${bytes}\n`).join("");
  return Buffer.from(limitBytes === undefined ? text : text.slice(0, limitBytes), "latin1");
}

function linesOf(file: string): string[] {
  const text = Buffer.from(recordedBytes(`logs/${file}`)).toString("latin1");
  return text.replace(/\n$/, "").split("\n");
}

function timed(file: string): WorldLine[] {
  return linesOf(file).map((line) => {
    const space = line.indexOf(" ");
    return { time: line.slice(0, space), bytes: line.slice(space + 1) };
  });
}

/** Adds to a UTC time of nine fractional digits, or of none. */
function addMicros(time: string, micros: number): string {
  const [, date, fraction = "0"] = /^(.{19})(?:\.(\d+))?Z$/.exec(time) ?? [];
  const nanos = BigInt(fraction.padEnd(9, "0")) + BigInt(micros) * 1000n;
  const seconds = new Date(Date.parse(`${date}Z`) + Number(nanos / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(nanos % 1_000_000_000n).padStart(9, "0")}Z`;
}

function startOf(pod: Recorded, container: string): string {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status;
  const status = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses]
    .find(({ name }: Recorded) => name === container);
  return (status?.state.running ?? status?.state.terminated ?? status?.lastState.terminated).startedAt;
}
