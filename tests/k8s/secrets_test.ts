import assert from "node:assert/strict";
import { makeStandIns } from "./stand_ins/stand_ins.ts";
import { NOTHING, type World } from "./stand_ins/world.ts";

const CLUSTER: World = { ...NOTHING, clusters: ["mcp-lab"], objects: ["Namespace/mcp-lab"] };
const SCRIPT = "scripts/secrets.sh";

Deno.test("secrets.sh makes what the manifests read, with passwords that nobody sees and that belong together", async () => {
  await using machine = await makeStandIns();
  machine.reset(CLUSTER);
  const { code, stdout, stderr, calls } = await machine.run(SCRIPT);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal(stdout, "secret/redis-mcp created\nsecret/postgres-mcp created\nsecret/mcp-server created\n");
  const { secrets } = machine.world;
  const [redis, postgres] = [secrets["redis-mcp"]?.["password"], secrets["postgres-mcp"]?.["password"]];
  assert.match(redis ?? "", /^[0-9a-f]{64}$/);
  assert.match(postgres ?? "", /^[0-9a-f]{64}$/);
  assert.notEqual(redis, postgres);
  const { REDIS_URL, DATABASE_URL, SESSION_KEY, AUDIT_SIGNING_KEY, ...others } = secrets["mcp-server"] ?? {};
  assert.deepEqual(others, {});
  assert.equal(REDIS_URL, `redis://:${redis}@redis-mcp:6379`);
  assert.equal(DATABASE_URL, `postgres://aiagent:${postgres}@postgres-mcp:5432/mcpaudit`);
  assert.match(SESSION_KEY ?? "", /^[0-9a-f]{64}$/);
  assert.equal(atob(AUDIT_SIGNING_KEY ?? "").length, 32);
  for (const secret of [redis, postgres, SESSION_KEY, AUDIT_SIGNING_KEY]) {
    assert(secret && !`${stdout}${calls}`.includes(secret), "It is in no argument and no output");
  }
});

Deno.test("secrets.sh again keeps what is there, and makes what is missing to fit it", async () => {
  await using machine = await makeStandIns();
  machine.reset(CLUSTER);
  await machine.run(SCRIPT);
  const secrets = structuredClone(machine.world.secrets);
  const again = await machine.run(SCRIPT);
  assert.equal(again.stdout, "secret/redis-mcp is kept\nsecret/postgres-mcp is kept\nsecret/mcp-server is kept\n");
  assert.deepEqual(machine.world.secrets, secrets);
  const { "mcp-server": _, ...stores } = secrets;
  machine.reset({ ...CLUSTER, secrets: stores });
  assert.equal((await machine.run(SCRIPT)).code, 0);
  assert.equal(machine.world.secrets["mcp-server"]?.["REDIS_URL"], secrets["mcp-server"]?.["REDIS_URL"]);
});

Deno.test("secrets.sh --dry-run says what it would make, and makes nothing", async () => {
  await using machine = await makeStandIns();
  machine.reset(CLUSTER);
  const { code, stdout, calls } = await machine.run(SCRIPT, ["--dry-run"]);
  assert.equal(code, 0);
  assert.match(stdout, /^secret\/redis-mcp would be created$/m);
  assert(!calls.some((call) => call.startsWith("kubectl create")));
  assert.deepEqual(machine.world, CLUSTER);
});

Deno.test("secrets.sh says what is wrong, and then makes nothing more", async () => {
  await using machine = await makeStandIns();
  const complete = {
    "redis-mcp": { password: "a" },
    "postgres-mcp": { password: "b" },
    "mcp-server": {
      REDIS_URL: "redis://:a@redis-mcp:6379",
      DATABASE_URL: "postgres://aiagent:other@postgres-mcp:5432/mcpaudit",
      SESSION_KEY: "c",
      AUDIT_SIGNING_KEY: "d",
    },
  };
  const cases: readonly (readonly [world: World, failing: string, message: RegExp])[] = [
    [{ ...CLUSTER, objects: [] }, "", /Cannot find the namespace mcp-lab: kubectl apply -f k8s\/namespace\.yaml/],
    [{ ...CLUSTER, secrets: { "redis-mcp": { pass: "a" } } }, "", /redis-mcp has no password: add it, or delete/],
    [{ ...CLUSTER, secrets: complete }, "", /mcp-server has other passwords .* kubectl rollout restart/],
    // Whether there is one cannot be told: none is made over it.
    [CLUSTER, "kubectl get secret redis-mcp", /Forbidden/],
    [CLUSTER, "kubectl create", /Forbidden/],
  ];
  for (const [world, failing, message] of cases) {
    machine.reset(world, failing ? { failing: { command: failing, says: "Error from server (Forbidden)" } } : {});
    const { code, stderr, calls } = await machine.run(SCRIPT);
    assert.equal(code, 1, String(message));
    assert.match(stderr, message);
    assert(calls.filter((call) => call.startsWith("kubectl create")).length <= (failing === "kubectl create" ? 1 : 0));
    assert.deepEqual(machine.world, world);
  }
});
