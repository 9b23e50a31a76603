import { type Load, type Measured, measured, printCall } from "./load.ts";

/**
 * Calls `ctx.get` by POST for some seconds, from as many loops as `connections` × `depth`.
 *
 * @throws when a reply is no result: what is measured must have been done.
 */
export async function loadHttp(url: string, { connections, depth, seconds, headers }: Load): Promise<Measured> {
  const tookMs: number[] = [];
  const endMs = performance.now() + seconds * 1000;
  const keepCalling = async () => {
    for (let id = 1; performance.now() < endMs; id++) {
      const startedMs = performance.now();
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: printCall(id),
      });
      const text = await response.text();
      if (!JSON.parse(text).result) throw new Error(`Not a result: ${text}`);
      if (performance.now() < endMs) tookMs.push(performance.now() - startedMs);
    }
  };
  await Promise.all(Array.from({ length: connections * depth }, keepCalling));
  return measured(tookMs, seconds);
}
