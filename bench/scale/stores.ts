import { startStores } from "../stores.ts";
import { temporary } from "./idle_sockets.ts";
import { startProduct } from "./subjects.ts";

/** Limits that count every call, and refuse none. */
export const COUNTED = { RATE_LIMIT_PER_MINUTE: "10000000" };

/** The product over real stores that keep what they are given. */
export async function startWhole(settings: Readonly<Record<string, string>> = {}) {
  await using opening = new AsyncDisposableStack();
  const { redis, postgres, settings: urls } = await startStores(opening);
  const { path: DATA_DIR } = opening.use(await temporary());
  const server = opening.use(await startProduct({ ...urls, DATA_DIR, ...settings }));
  const closing = opening.move();
  const startAnother = (settings: Readonly<Record<string, string>>) => startProduct({ ...urls, ...settings });
  return { redis, postgres, server, startAnother, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}
