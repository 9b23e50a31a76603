/** Ends with 0 where the server beside it answers that it is healthy or degraded, and with 1 in any other case. */
const TIMEOUT_MS = 3000;

try {
  const port = Deno.env.get("PORT") || "9000";
  const { ok } = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  Deno.exit(ok ? 0 : 1);
} catch {
  Deno.exit(1);
}
