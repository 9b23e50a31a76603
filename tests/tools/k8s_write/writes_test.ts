import assert from "node:assert/strict";
import { SERVICE_ACCOUNT } from "../../services/kubernetes/access.ts";
import type { Fault } from "../../services/kubernetes/faults.ts";
import { toolError } from "../tool_error.ts";
import { openWrites, patches, startWritableApi, writeGrants } from "./writes.ts";

const CART = { namespace: "shop", name: "cart" };

for (
  const { tool, args, object, change, undo } of [
    {
      tool: "k8s.scale",
      args: { ...CART, replicas: 3 },
      object: 'deployment "cart" in namespace "shop"',
      change: { field: "replicas", before: 1, after: 3 },
      undo: { field: "replicas", before: 3, after: 0 },
    },
    {
      tool: "k8s.cordon",
      args: { node: "node1" },
      object: 'node "node1"',
      change: { field: "unschedulable", before: false, after: true },
      undo: { field: "unschedulable", before: true, after: false },
    },
  ]
) {
  Deno.test(`${tool} shows a dry run, and does what was confirmed, once`, async () => {
    await using api = await startWritableApi();
    await using writes = await openWrites(api);
    const { confirm, ...dry } = await writes.run(tool, args);
    assert.deepEqual(dry, { object, applied: false, changes: [change] });
    assert.equal(patches(api).length, 0, "a dry run changes nothing");
    assert.deepEqual(await writes.run(tool, { ...args, confirm }), { object, applied: true, changes: [change] });
    assert.equal(patches(api).length, 1);
    assert.deepEqual(await writes.run(tool, args), { object, applied: false, changes: [] }, "nothing is left to do");
    await toolError("conflict", () => writes.run(tool, { ...args, confirm }));
    const back = tool === "k8s.scale"
      ? await writes.run("k8s.scale", { ...CART, replicas: 0 })
      : await writes.run("k8s.uncordon", args);
    assert.deepEqual(back.changes, [undo]);
    assert.equal(patches(api).length, 1);
  });
}

Deno.test("k8s.rollout_restart sets kubectl's annotation to the time of the confirmed call", async () => {
  await using api = await startWritableApi();
  await using writes = await openWrites(api);
  const { confirm, changes } = await writes.run("k8s.rollout_restart", CART);
  assert.deepEqual(changes, [{ field: "restarted at", before: null, after: "the time of the call with confirm" }]);
  const done = await writes.run("k8s.rollout_restart", { ...CART, confirm });
  assert.deepEqual(done.changes, [{ field: "restarted at", before: null, after: "2026-11-22T12:00:00.000Z" }]);
  await toolError("conflict", () => writes.run("k8s.rollout_restart", { ...CART, confirm }));
  assert.equal(patches(api).length, 1);
});

Deno.test("a paused rollout is not restarted", async () => {
  await using api = await startWritableApi();
  const spec = { paused: true, replicas: 1 };
  api.put("deployments.apps", {
    metadata: { name: "held", namespace: "shop", uid: "u", resourceVersion: "1" },
    spec,
    status: {},
  });
  await using writes = await openWrites(api);
  await toolError("conflict", () => writes.run("k8s.rollout_restart", { ...CART, name: "held" }));
  assert(api.requests.every(({ method }) => method === "GET"));
});

Deno.test("a confirmation is for one state of one object and one change", async (t) => {
  await using api = await startWritableApi();
  await using writes = await openWrites(api);
  const scale = { ...CART, replicas: 3 };
  const { confirm } = await writes.run("k8s.scale", scale);
  const stale = (args: Record<string, unknown>, tool = "k8s.scale") =>
    toolError("conflict", () => writes.run(tool, { ...args, confirm }));
  await t.step("another number", async () => void (await stale({ ...scale, replicas: 4 })));
  await t.step("another object", async () => void (await stale({ ...scale, name: "storefront" })));
  await t.step("another change of the same object", async () => void (await stale(CART, "k8s.rollout_restart")));
  await t.step("the object as it has become", async () => {
    const other = await writes.run("k8s.rollout_restart", CART);
    await writes.run("k8s.rollout_restart", { ...CART, confirm: other.confirm });
    const error = await stale(scale);
    assert.match(error.hint ?? "", /Nothing was changed/);
    assert.deepEqual(error.data, { changes: [{ field: "replicas", before: 1, after: 3 }] });
  });
  assert.equal(patches(api).length, 1, "the restart alone");
});

Deno.test("of two that confirm the same at once one changes the object, and the other is refused", async () => {
  await using api = await startWritableApi();
  await using writes = await openWrites(api);
  const { confirm } = await writes.run("k8s.rollout_restart", CART);
  const runs = await Promise.allSettled(
    Array.from({ length: 2 }, () => writes.run("k8s.rollout_restart", { ...CART, confirm })),
  );
  assert.deepEqual(runs.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  assert.deepEqual(writes.records.map(({ outcome }) => outcome).sort(), ["ok", "ok", "tool_error"]);
});

const LOST: readonly (readonly [what: string, fault: Fault])[] = [
  ["breaks before the answer", { kind: "drop" }],
  ["breaks within the answer", { kind: "reset", afterBytes: 10 }],
  ["never answers", { kind: "hang" }],
  ["answers with a fault of its own", { kind: "answer", answer: status(504, "Timeout: request did not complete") }],
];

for (const [what, fault] of LOST) {
  Deno.test(`a change whose connection ${what} is told as of unknown outcome, and was sent once`, async () => {
    await using api = await startWritableApi();
    await using writes = await openWrites(api, { requestTimeoutMs: 1_000 });
    const { confirm } = await writes.run("k8s.scale", { ...CART, replicas: 3 });
    api.interfere(({ method, url }) => method === "PATCH" && !url.searchParams.has("dryRun") ? fault : undefined);
    const error = await toolError("unavailable", () => writes.run("k8s.scale", { ...CART, replicas: 3, confirm }));
    assert.match(error.message, /^Outcome unknown of the change of deployment "cart" in namespace "shop": /);
    assert.match(error.hint ?? "", /not sent again: look with k8s\.rollout/);
    assert.deepEqual(error.data, { reason: "outcome_unknown" });
    assert.equal(patches(api).length, 1);
  });
}

Deno.test("an API that is gone before the change has changed nothing, and that is what is said", async () => {
  const api = await startWritableApi();
  await using writes = await openWrites(api);
  await writes.run("k8s.scale", { ...CART, replicas: 3 });
  await api[Symbol.asyncDispose]();
  const error = await toolError("unavailable", () => writes.run("k8s.scale", { ...CART, replicas: 3 }));
  assert.match(error.message, /^Cannot reach the Kubernetes API/);
});

Deno.test("an intent is on record before the change is sent, and the call's record closes it", async () => {
  await using api = await startWritableApi();
  await using writes = await openWrites(api);
  const { confirm } = await writes.run("k8s.scale", { ...CART, replicas: 3 });
  let atPatch: readonly unknown[] = [];
  api.interfere(({ method, url }) => {
    if (method === "PATCH" && !url.searchParams.has("dryRun")) atPatch = [...writes.intents, writes.records.length];
    return undefined;
  });
  await writes.run("k8s.scale", { ...CART, replicas: 3, confirm });
  const [first, second] = writes.records.map(({ eventId }) => eventId);
  assert.deepEqual(atPatch, [first, second, 1], "the second call's record is not there yet, and its intent is");
});

Deno.test("without an intent nothing is asked of the cluster", async () => {
  await using api = await startWritableApi();
  await using writes = await openWrites(api, {
    path: { intents: { intend: () => Promise.reject(new Error("The log is away")) } },
  });
  await toolError("audit_unavailable", () => writes.run("k8s.scale", { ...CART, replicas: 3 }));
  assert.equal(api.requests.length, 0);
});

Deno.test("who may not write is refused by the review, and nothing is patched", async () => {
  await using api = await startWritableApi();
  await using writes = await openWrites(api);
  const error = await toolError(
    "forbidden",
    () => writes.run("k8s.scale", { namespace: "mcp-lab", name: "mcp-server", replicas: 0 }),
  );
  assert.equal(error.message, `"${SERVICE_ACCOUNT}" may not get deployments/scale.apps in namespace "mcp-lab"`);
  assert.equal(api.requests.length, 0);
  const read = { to: SERVICE_ACCOUNT, verbs: ["get"], resources: ["deployments/scale.apps"], namespace: "default" };
  api.grant(read);
  api.put("deployments.apps", {
    metadata: { name: "a", namespace: "default", uid: "u", resourceVersion: "1" },
    spec: { replicas: 1 },
    status: {},
  });
  const patch = await toolError(
    "forbidden",
    () => writes.run("k8s.scale", { namespace: "default", name: "a", replicas: 0 }),
  );
  assert.match(patch.message, /may not patch deployments\/scale\.apps in namespace "default"$/);
  assert.deepEqual(api.requests.map(({ method }) => method), ["GET"]);
});

Deno.test("a change is asked for as the caller, whose rights count", async () => {
  await using api = await startWritableApi();
  api.revoke(SERVICE_ACCOUNT);
  const impersonated = ["users", "groups", "userextras/mcp-record-id.authentication.k8s.io"];
  api.grant({ to: SERVICE_ACCOUNT, verbs: ["impersonate"], resources: impersonated }, ...writeGrants("mcp:alice"));
  await using writes = await openWrites(api, { impersonate: { prefix: "mcp:" } });
  const as = (name: string) => ({ principal: { name, authMethod: "token" as const, roles: [] } });
  const { confirm } = await writes.run("k8s.scale", { ...CART, replicas: 3 }, as("alice"));
  await toolError("forbidden", () => writes.run("k8s.scale", { ...CART, replicas: 3, confirm }, as("bob")));
  assert.equal(patches(api).length, 0);
  await writes.run("k8s.scale", { ...CART, replicas: 3, confirm }, as("alice"));
  const [sent] = patches(api);
  assert.deepEqual(sent?.headers["impersonate-user"], ["mcp:alice"]);
  assert.deepEqual(sent?.headers["impersonate-extra-mcp-record-id"], [writes.records.at(-1)?.eventId]);
});

Deno.test("what is not there is said", async () => {
  await using api = await startWritableApi();
  await using writes = await openWrites(api);
  await toolError("not_found", () => writes.run("k8s.scale", { ...CART, name: "nope", replicas: 1 }));
  await toolError("not_found", () => writes.run("k8s.cordon", { node: "node9" }));
});

function status(code: number, message: string) {
  const body = JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", message, code });
  return { status: code, contentType: "application/json", body };
}
