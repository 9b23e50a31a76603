import assert from "node:assert/strict";
import { storesConnected } from "../../server/stores_connected.ts";
import type { StoreState } from "../../storage/state.ts";

Deno.test("a start waits for the stores that are outside, and for none that is embedded", async () => {
  let redis: StoreState = "disconnected";
  let isDone = false;
  const waiting = storesConnected(() => ({ redis, postgres: "embedded" }), 20_000).then(() => isDone = true);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(isDone, false);
  redis = "connected";
  await waiting;
  await storesConnected(() => ({ redis: "embedded", postgres: "embedded" }), 20_000);
});

Deno.test("it waits no longer than it may", () =>
  storesConnected(() => ({ redis: "connected", postgres: "disconnected" }), 30));
