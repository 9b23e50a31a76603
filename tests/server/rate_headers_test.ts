import assert from "node:assert/strict";
import { rateHeaders } from "../../server/rate_headers.ts";

Deno.test("a decision is told in the headers of the IETF's draft, in whole seconds rounded up", async (t) => {
  const cases: [Parameters<typeof rateHeaders>[0], Record<string, string>][] = [
    [
      { allowed: true, limit: 100, remaining: 50, resetMs: 30_000, shared: true },
      { "RateLimit-Policy": '"default";q=100;w=60', "RateLimit": '"default";r=50;t=30' },
    ],
    [
      { allowed: true, limit: 10, remaining: 0, resetMs: 1, shared: false },
      { "RateLimit-Policy": '"default";q=10;w=60', "RateLimit": '"default";r=0;t=1' },
    ],
    [
      { allowed: false, limit: 10, remaining: 0, resetMs: 59_001, shared: true },
      { "RateLimit-Policy": '"default";q=10;w=60', "RateLimit": '"default";r=0;t=60', "Retry-After": "60" },
    ],
    // A client that is told 0 comes back at once, into the same window.
    [
      { allowed: false, limit: 1, remaining: 0, resetMs: 0, shared: true },
      { "RateLimit-Policy": '"default";q=1;w=60', "RateLimit": '"default";r=0;t=1', "Retry-After": "1" },
    ],
  ];
  for (const [decision, headers] of cases) {
    await t.step(JSON.stringify(decision), () => assert.deepEqual(rateHeaders(decision, 60), headers));
  }
});
