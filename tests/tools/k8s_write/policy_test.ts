import assert from "node:assert/strict";
import { createPolicyAuthorizer } from "../../../tools/policy/authorizer.ts";
import { builtInPolicy } from "../../../tools/policy/built_in.ts";
import { parsePolicy } from "../../../tools/policy/parse.ts";
import { toolError } from "../tool_error.ts";
import { openWrites, startWritableApi } from "./writes.ts";

const by = (role: string) => ({ principal: { name: "alice", authMethod: "token" as const, roles: [role] } });

Deno.test("who may only read changes nothing, not even as a dry run", async () => {
  await using api = await startWritableApi();
  await using writes = await openWrites(api, { authorizer: createPolicyAuthorizer(builtInPolicy()) });
  const calls: readonly (readonly [tool: string, args: Record<string, unknown>])[] = [
    ["k8s.rollout_restart", { namespace: "shop", name: "cart" }],
    ["k8s.scale", { namespace: "shop", name: "cart", replicas: 2 }],
    ["k8s.cordon", { node: "node1" }],
    ["k8s.uncordon", { node: "node1" }],
  ];
  for (const [tool, args] of calls) await toolError("forbidden", () => writes.run(tool, args, by("viewer")));
  assert.deepEqual([api.requests.length, writes.intents.length], [0, 0]);
});

Deno.test("a role of some namespaces changes workloads there, and no node", async () => {
  await using api = await startWritableApi();
  const policy = await parsePolicy(JSON.stringify({ roles: { shop: { tools: ["k8s.*"], namespaces: ["shop"] } } }));
  await using writes = await openWrites(api, { authorizer: createPolicyAuthorizer(policy) });
  assert.equal(
    (await writes.run("k8s.scale", { namespace: "shop", name: "cart", replicas: 2 }, by("shop"))).applied,
    false,
  );
  const scale = { namespace: "mcp-lab", name: "mcp-server", replicas: 0 };
  await toolError("forbidden", () => writes.run("k8s.scale", scale, by("shop")));
  for (const tool of ["k8s.cordon", "k8s.uncordon"]) {
    const error = await toolError("forbidden", () => writes.run(tool, { node: "node1" }, by("shop")));
    assert.match(error.message, /a node is of every namespace$/);
  }
  assert(api.requests.every(({ url }) => url.pathname.includes("/shop/")));
});
