import assert from "node:assert/strict";
import { detectPlatform, findLosses, withPresets } from "../../server/platform.ts";
import { readSettings } from "../../server/settings.ts";

/** What Deno Deploy sets in every instance. */
const DEPLOY = {
  DENO_DEPLOY: "true",
  DENO_DEPLOYMENT_ID: "d1e2",
  DENO_DEPLOY_ORG_SLUG: "acme",
  DENO_DEPLOY_APP_SLUG: "ops",
  DENO_TIMELINE: "production",
};

const settingsOf = (environment: Record<string, string>) =>
  readSettings(withPresets(environment, detectPlatform(environment).presets), () => "");

Deno.test("Deno Deploy is told by what it sets, and nothing else is", () => {
  const cases: [Record<string, string>, "Deno Deploy" | undefined][] = [
    [DEPLOY, "Deno Deploy"],
    [{ DENO_DEPLOY: "true" }, "Deno Deploy"],
    [{ DENO_DEPLOYMENT_ID: "d1e2" }, "Deno Deploy"],
    [{}, undefined],
    [{ DENO_DEPLOY: "", DENO_DEPLOYMENT_ID: "", DENO_DIR: "/deno" }, undefined],
    [{ KUBERNETES_SERVICE_HOST: "10.96.0.1" }, undefined],
  ];
  for (const [environment, name] of cases) assert.equal(detectPlatform(environment).name, name);
});

Deno.test("elsewhere nothing is preset", () => {
  assert.deepEqual(detectPlatform({ PORT: "1" }).presets, {});
  assert.equal(settingsOf({}).DRAIN_MS, 10_000);
});

Deno.test("on Deno Deploy the stop fits into its five seconds, files go where they may, and a spool needs a Redis", () => {
  const { DRAIN_MS, DATA_DIR, REPLICA, PUBLIC_URL, AUDIT_OUTAGE } = settingsOf({ ...DEPLOY, TMPDIR: "/scratch" });
  assert.deepEqual({ DRAIN_MS, DATA_DIR, REPLICA, PUBLIC_URL, AUDIT_OUTAGE }, {
    DRAIN_MS: 4000,
    DATA_DIR: "/scratch/mcp-data",
    REPLICA: "d1e2",
    PUBLIC_URL: "https://ops.acme.deno.net",
    AUDIT_OUTAGE: "refuse",
  });
  for (const redis of [{ REDIS_URL: "redis://redis" }, { REDIS_URL_FILE: "/run/redis" }]) {
    assert.equal(detectPlatform({ ...DEPLOY, ...redis }).presets["AUDIT_OUTAGE"], undefined);
  }
});

Deno.test("what is set stays, an empty value is as unset", () => {
  const own = {
    DRAIN_MS: "1000",
    DATA_DIR: "/own",
    REPLICA: "me",
    PUBLIC_URL: "https://mcp.example",
    AUDIT_OUTAGE: "",
  };
  const { DRAIN_MS, DATA_DIR, REPLICA, PUBLIC_URL, AUDIT_OUTAGE } = settingsOf({ ...DEPLOY, ...own });
  assert.deepEqual([DRAIN_MS, DATA_DIR, REPLICA, PUBLIC_URL, AUDIT_OUTAGE], [
    1000,
    "/own",
    "me",
    "https://mcp.example",
    "refuse",
  ]);
});

Deno.test("of several presets the last one counts", () => {
  assert.deepEqual(withPresets({ A: "own", B: "" }, { A: "1", B: "1", C: "1" }, { C: "2" }), {
    A: "own",
    B: "1",
    C: "2",
  });
});

Deno.test("each timeline has its URL; a branch whose name does not say it has none", () => {
  const cases: [timeline: string, url: string | undefined][] = [
    ["production", "https://ops.acme.deno.net"],
    ["preview/x7k2", "https://ops-x7k2.acme.deno.net"],
    ["git-branch/next", "https://ops--next.acme.deno.net"],
    ["git-branch/feature/Next_1", undefined],
    ["git-branch/", undefined],
    ["production/x", undefined],
    ["", undefined],
  ];
  for (const [DENO_TIMELINE, url] of cases) {
    assert.equal(detectPlatform({ ...DEPLOY, DENO_TIMELINE }).presets["PUBLIC_URL"], url, DENO_TIMELINE);
  }
  assert.equal(detectPlatform({ ...DEPLOY, DENO_DEPLOY_APP_SLUG: "" }).presets["PUBLIC_URL"], undefined);
});

Deno.test("what an instance does not keep is said, a sentence for each, and what to set", () => {
  const [redis, postgres] = [{ REDIS_URL: "redis://r" }, { DATABASE_URL: "postgres://u:hunter2@p/d" }];
  const cases: [Record<string, string>, RegExp[]][] = [
    [{}, [/^The audit log .* nothing is promised of it\. Set DATABASE_URL$/, /^Context, .* Set REDIS_URL$/]],
    [postgres, [/^Context, .* Set REDIS_URL$/]],
    [{ PGHOST: "p" }, [/^Context, .* Set REDIS_URL$/]],
    [{ ...postgres, AUDIT_OUTAGE: "spool" }, [/^Context, /, /^AUDIT_OUTAGE is spool .* AUDIT_OUTAGE=refuse$/]],
    [redis, [/^The audit log /, /^Sessions of the official protocol .* Set SESSION_KEY$/]],
    [{ ...redis, ...postgres, SESSION_KEY: "s".repeat(32) }, []],
  ];
  for (const [environment, expected] of cases) {
    const losses = findLosses(detectPlatform(DEPLOY), settingsOf({ ...DEPLOY, ...environment }));
    assert.equal(losses.length, expected.length, losses.join("\n"));
    for (const [i, words] of expected.entries()) assert.match(losses[i] ?? "", words);
    assert(!losses.join().includes("hunter2"));
    assert.deepEqual(findLosses(detectPlatform({}), settingsOf(environment)), [], "elsewhere nothing is lost");
  }
});
