import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readModules } from "./layering/modules.ts";
import { violationsOf } from "./layering/rules.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
const CONFIG = join(ROOT, "deno.json");

Deno.test("the house's arrows point one way", async () => {
  const modules = await readModules(ROOT, CONFIG);
  assert(modules.length >= 60, `Found only ${modules.length} modules`);
  for (const path of ["main.ts", "rpc/router.ts", "server/app.ts", "storage/redis/connection.ts", "tools/call.ts"]) {
    assert(modules.some((module) => module.path === path), `Expected ${path} among the modules`);
  }
  assert.deepEqual(violationsOf(modules), []);
});

Deno.test("rpc imports nothing but itself", async () => {
  const modules = await readModules(ROOT, CONFIG);
  const targets = modules.filter(({ path }) => path.startsWith("rpc/")).flatMap(({ imports }) => imports);
  const packages = new Set(targets.map(({ target }) => target).filter((target) => !target.startsWith("rpc/")));
  assert(targets.length > 0);
  assert.deepEqual([...packages], []);
});

/** A tree that breaks each rule once, and keeps them where they are easily mistaken. */
const crooked: Readonly<Record<string, string>> = {
  "main.ts": `import "./server/app.ts"; import "./storage/redis/good.ts"; Deno.env.toObject();`,
  "deno.json": `{}`,
  "rpc/node.ts": `import "node:fs";`,
  "rpc/hono.ts": `import type { Hono } from "hono"; export type H = Hono;`,
  "rpc/storage.ts": `export * from "../storage/port.ts";`,
  "rpc/good.ts": `import { z } from "zod"; import "./node.ts"; export { z }; // from "ioredis"`,
  "storage/port.ts": `export interface Port { readonly a: 1 }`,
  "storage/open.ts": `import "./redis/good.ts";`,
  "storage/adapter.ts": `import "./redis/good.ts";`,
  "storage/tools.ts": `import type { T } from "../tools/good.ts"; export type U = T;`,
  "storage/redis/good.ts": `import { Redis } from "ioredis"; import "rate-limiter-flexible"; export { Redis };`,
  "storage/redis/postgres.ts": `import "../postgres/good.ts";`,
  "storage/postgres/good.ts": `import postgres from "postgres"; import "../port.ts"; export { postgres };`,
  "storage/postgres/ioredis.ts": `import { Redis } from "ioredis"; export { Redis };`,
  "storage/embedded/limiter.ts": `import "rate-limiter-flexible";`,
  "tools/good.ts": `import "../storage/port.ts"; export type T = 1;`,
  "tools/adapter.ts": `const store = import("../storage/redis/good.ts"); export { store };`,
  "tools/rpc.ts": `import "../rpc/good.ts";`,
  "tools/server.ts": `import "../server/app.ts";`,
  "tools/dashboard.ts": `import "../dashboard/routes.ts";`,
  "tools/main.ts": `import "../main.ts";`,
  "tools/postgres.ts": `import type { Sql } from "postgres"; export type S = Sql;`,
  "tools/kube.ts": `import type { KubeConfig } from "@kubernetes/client-node"; export type K = KubeConfig;`,
  "tools/k8s/lazy.ts":
    `import type { KubeConfig } from "@kubernetes/client-node"; export type K = KubeConfig; await import("@kubernetes/client-node");`,
  "tools/k8s/eager.ts": `import { KubeConfig } from "@kubernetes/client-node"; export { KubeConfig };`,
  "tools/env.ts": `export const port = Deno.env.get("PORT");`,
  "tools/process_env.ts": `import process from "node:process"; export const port = process.env["PORT"];`,
  "tools/from_process.ts": `import { env } from "node:process"; export const port = env["PORT"];`,
  "tools/taken_env.ts": `const { env } = Deno; export const port = env.get("PORT");`,
  "server/app.ts":
    `import "../rpc/good.ts"; import "../tools/good.ts"; import "../storage/port.ts"; import "../dashboard/routes.ts"; import "hono";`,
  "server/address.ts": `import "data:text/javascript,export{}";`,
  "server/main.ts": `import "../main.ts";`,
  "server/script.ts": `import "../scripts/other.ts";`,
  "dashboard/routes.ts": `import "hono"; import "hono/etag"; import "node:module"; import "./assets/app.ts";`,
  "dashboard/storage.ts": `import "../storage/port.ts";`,
  "dashboard/zod.ts": `import "zod";`,
  "dashboard/client/app.ts": `import "./hono.ts";`,
  "dashboard/client/hono.ts": `import "hono";`,
  "scripts/client.ts": `import "./client/call.ts"; Deno.env.get("URL");`,
  "scripts/client/call.ts": `import "../../rpc/good.ts";`,
  "scripts/other.ts": `import "../server/app.ts"; import "../main.ts";`,
  "elsewhere/module.ts": `import "../rpc/good.ts";`,
};

Deno.test("the layering test finds every arrow that points the wrong way", async () => {
  const root = await Deno.makeTempDir();
  try {
    for (const [path, source] of Object.entries(crooked)) {
      await Deno.mkdir(dirname(join(root, path)), { recursive: true });
      await Deno.writeTextFile(join(root, path), source);
    }
    assert.deepEqual(violationsOf(await readModules(root, CONFIG)), [
      "dashboard/client/hono.ts imports npm:hono",
      "dashboard/storage.ts imports storage/port.ts",
      "dashboard/zod.ts imports npm:zod",
      "elsewhere/module.ts has no place in the house",
      "rpc/hono.ts imports npm:hono",
      "rpc/node.ts imports node:fs",
      "rpc/storage.ts imports storage/port.ts",
      "scripts/client/call.ts imports rpc/good.ts",
      "scripts/other.ts imports main.ts",
      "server/address.ts imports data:text/javascript,export{}",
      "server/main.ts imports main.ts",
      "server/script.ts imports scripts/other.ts",
      "storage/adapter.ts imports storage/redis/good.ts",
      "storage/embedded/limiter.ts imports npm:rate-limiter-flexible",
      "storage/postgres/ioredis.ts imports npm:ioredis",
      "storage/redis/postgres.ts imports storage/postgres/good.ts",
      "storage/tools.ts imports tools/good.ts",
      "tools/adapter.ts imports storage/redis/good.ts",
      "tools/dashboard.ts imports dashboard/routes.ts",
      "tools/env.ts reads the environment",
      "tools/from_process.ts reads the environment",
      "tools/k8s/eager.ts imports npm:@kubernetes/client-node at once",
      "tools/kube.ts imports npm:@kubernetes/client-node",
      "tools/main.ts imports main.ts",
      "tools/postgres.ts imports npm:postgres",
      "tools/process_env.ts reads the environment",
      "tools/rpc.ts imports rpc/good.ts",
      "tools/server.ts imports server/app.ts",
      "tools/taken_env.ts reads the environment",
    ]);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("the layering test fails on a module that it cannot read", async (t) => {
  const broken: readonly (readonly [what: string, source: string, message: RegExp])[] = [
    ["a module that does not parse", "import {", /Cannot read rpc\/a\.ts/],
    ["a package that nothing names", 'import "left-pad";', /Cannot resolve left-pad in rpc\/a\.ts/],
  ];
  for (const [what, source, message] of broken) {
    await t.step(what, async () => {
      const root = await Deno.makeTempDir();
      try {
        await Deno.mkdir(join(root, "rpc"));
        await Deno.writeTextFile(join(root, "rpc/a.ts"), source);
        await assert.rejects(readModules(root, CONFIG), message);
      } finally {
        await Deno.remove(root, { recursive: true });
      }
    });
  }
});
