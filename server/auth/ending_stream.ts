import type { Standing } from "./standing.ts";

/** Ends a reply that streams when the credential of who reads it does; any other reply is as it was. */
export function endWithCredential(response: Response, standing: Pick<Standing, "onEnd"> | undefined): Response {
  const { body, headers } = response;
  if (!standing || !body || !headers.get("content-type")?.startsWith("text/event-stream")) return response;
  const over = new AbortController();
  const stop = standing.onEnd(() => over.abort());
  const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
  // Its reader sees an end, and not a connection that broke.
  body.pipeTo(writable, { signal: over.signal, preventAbort: true })
    .catch(() => writable.close().catch(() => {}))
    .finally(stop);
  return new Response(readable, response);
}
