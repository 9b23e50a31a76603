/** Forwards a port of this machine to another of it, until the signal aborts. */
export async function forwardPort(from: number, to: number, signal: AbortSignal): Promise<string> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: from });
  signal.addEventListener("abort", () => listener.close(), { once: true });
  const pipes: Promise<unknown>[] = [];
  try {
    for await (const near of listener) {
      const far = await Deno.connect({ hostname: "127.0.0.1", port: to });
      // One of the two may hang up at any time: then the other is hung up on.
      pipes.push(
        near.readable.pipeTo(far.writable).catch(() => {}),
        far.readable.pipeTo(near.writable).catch(() => {}),
      );
    }
  } finally {
    await Promise.all(pipes);
  }
  return "";
}
