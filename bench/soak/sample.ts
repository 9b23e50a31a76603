import { residentMiB } from "../load/process_cost.ts";
import { stolenSeconds } from "../whole/machine.ts";
import type { Subject } from "../whole/subject.ts";

/** What a server has at one moment. */
export interface Sample {
  /** Seconds, of a clock that never steps. */
  readonly at: number;
  readonly residentMiB: number;
  /** Of V8 in use, garbage included. */
  readonly heapMiB: number;
  /** Open files and sockets. */
  readonly descriptors: number;
  /** Audit records that are not durable yet. */
  readonly queued: number;
  readonly spooled: number;
  readonly inFlight: number;
  /** Connections turned away since the start, since they did not read. */
  readonly turnedAway: number;
  /** Seconds that the host had kept the machine's cores to itself by then, of all together. */
  readonly stolen: number;
}

/** Asks the system and the server's own metrics. */
export async function takeSample({ pid, port }: Pick<Subject, "pid" | "port">): Promise<Sample> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const metric = (name: string) => {
    const line = text.split("\n").find((line) => line.startsWith(`${name} `));
    if (line === undefined) throw new Error(`Expected the metric ${name} of the server, but got none`);
    return Number(line.slice(name.length));
  };
  return {
    at: performance.now() / 1000,
    residentMiB: residentMiB(pid),
    heapMiB: metric("process_heap_bytes") / 1024 ** 2,
    descriptors: Array.from(Deno.readDirSync(`/proc/${pid}/fd`)).length,
    queued: metric("mcp_audit_queue_records"),
    spooled: metric("mcp_audit_spool_records"),
    inFlight: metric("mcp_calls_in_flight"),
    turnedAway: metric('mcp_refusals_total{reason="queued_bytes"}'),
    stolen: stolenSeconds(),
  };
}
