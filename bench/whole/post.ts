import { type Measured, measured } from "../cost/load.ts";
import { processorMs } from "../cost/processor.ts";

/** What the calls took, and what each took of the server's processor. */
export interface Cost extends Measured {
  readonly processorMsPerCall: number;
}

/** One message, posted again and again. */
export interface Posted {
  readonly url: string;
  /** Of the server. */
  readonly pid: number;
  readonly headers: Readonly<Record<string, string>>;
  /** @param id no two under way have the same */
  body(id: number): string;
}

/**
 * Posts a message from so many loops for some seconds, each waiting for its reply.
 *
 * @throws when a reply is no result: what is measured must have been done.
 */
export async function post({ url, pid, headers, body }: Posted, connections: number, seconds: number): Promise<Cost> {
  const busyMs = processorMs(pid);
  const tookMs: number[] = [];
  const endMs = performance.now() + seconds * 1000;
  let id = 0;
  const keepPosting = async () => {
    while (performance.now() < endMs) {
      const startedMs = performance.now();
      const response = await fetch(url, { method: "POST", headers, body: body(++id) });
      const text = await response.text();
      if (!text.includes('"result"') || text.includes('"isError":true')) throw new Error(`Not a result: ${text}`);
      if (performance.now() < endMs) tookMs.push(performance.now() - startedMs);
    }
  };
  await Promise.all(Array.from({ length: connections }, keepPosting));
  return { ...measured(tookMs, seconds), processorMsPerCall: (processorMs(pid) - busyMs) / id };
}
