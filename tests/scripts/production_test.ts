import assert from "node:assert/strict";
import { toProduction } from "../../scripts/image/production.ts";

const config = {
  version: "1.0.0",
  lock: { path: "deno.lock", frozen: true },
  lint: { rules: {} },
  imports: {
    hono: "npm:hono@1",
    "@a/b": "npm:@a/b@1",
    lazy: "npm:lazy@1",
    test: "npm:test@1",
    "test-2": "npm:test-2@1",
  },
  tasks: {
    start: { command: "deno run --allow-net main.ts" },
    token: { command: "deno run scripts/token.ts --x" },
    test: { command: "deno test -A" },
    fuzz: { command: "deno run -A tests/fuzz/main.ts" },
  },
};

Deno.test("an image's configuration has the packages that its sources import, in any form, and the tasks it has files of", () => {
  const sources = [
    `import { Hono } from "hono/tiny"; const module = await import("lazy"); // test`,
    `import type { B } from "@a/b"; const word = "a-test-2";`,
  ];
  assert.deepEqual(toProduction(config, sources, new Set(["main.ts", "scripts/token.ts"])), {
    version: "1.0.0",
    lock: { path: "deno.lock", frozen: true },
    imports: { hono: "npm:hono@1", "@a/b": "npm:@a/b@1", lazy: "npm:lazy@1" },
    tasks: { start: config.tasks.start, token: config.tasks.token },
  });
});
