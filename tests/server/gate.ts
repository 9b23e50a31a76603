import { testTool } from "../tools/call_path.ts";

/** A tool `test.hold` whose calls a test sees starting, and lets go one by one. */
export function createGate() {
  type Held = { readonly signal: AbortSignal; readonly release: (result?: unknown) => void };
  const held = new Map<string, PromiseWithResolvers<Held>>();
  const of = (text: string) => {
    const call = held.get(text) ?? Promise.withResolvers<Held>();
    held.set(text, call);
    return call;
  };
  const tool = testTool(({ text }, { signal }) => {
    const result = Promise.withResolvers<unknown>();
    of(String(text)).resolve({ signal, release: (value = { released: text }) => result.resolve(value) });
    return result.promise;
  }, { name: "test.hold" });
  return {
    tool,
    /** The call whose argument `text` is this, once it runs. */
    started: (text: string): Promise<Held> => of(text).promise,
  };
}

/** Resolves when the signal aborts. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}
