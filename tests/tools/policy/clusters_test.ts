import assert from "node:assert/strict";
import { z } from "zod";
import type { AccessedTool } from "../../../tools/authorizer.ts";
import { authorizerIn } from "../../../tools/clusters.ts";
import { createPolicyAuthorizer } from "../../../tools/policy/authorizer.ts";
import { builtInPolicy } from "../../../tools/policy/built_in.ts";
import { authorizerOf, CLUSTERS, ofClusters, principal, TOOLS } from "./policies.ts";

const pods = ofClusters(TOOLS.pods);
const nodes = ofClusters({ name: "k8s.nodes", effect: "read", input: z.strictObject({}) });
const { query } = TOOLS;

const ROLES = {
  plain: { tools: ["*"] },
  shop: { tools: ["*"], namespaces: ["shop"] },
  eu: { tools: ["*"], clusters: ["prod-eu"] },
  prod: { tools: ["*"], clusters: ["prod-*"], namespaces: ["shop"] },
  prodUp: { tools: ["*"], clusters: ["prod-*"], arguments: { "k8s.list_pods": { limit: { max: 10 } } } },
  all: { tools: ["*"], clusters: ["*"] },
  each: { tools: ["*"], clusters: ["test", "prod-eu", "prod-us"] },
  none: { tools: ["*"], clusters: ["stage-*"] },
  few: { tools: ["*"], clusters: ["*"], except: ["k8s.nodes"], readOnly: true },
};

type Args = Readonly<Record<string, unknown>> | undefined;

/** `+rule` or `-rule`, as it is decided for callers with these roles. */
const CASES: readonly (readonly [roles: string, tool: AccessedTool, args: Args, decision: string])[] = [
  ["plain", pods, {}, "+plain"],
  ["plain", pods, { cluster: "test" }, "+plain"],
  ["plain", pods, { cluster: undefined }, "+plain"],
  ["plain", pods, { cluster: "prod-eu" }, "-plain.clusters"],
  ["plain", pods, { cluster: "prod-eu", namespace: "shop" }, "-plain.clusters"],
  ["plain", nodes, { cluster: "prod-eu" }, "-plain.clusters"],
  ["plain", nodes, undefined, "+plain"],
  // What the tool's schema would have refused is no cluster, and is not taken for one that was left out.
  ["plain", pods, { cluster: null }, "-plain.clusters"],
  ["plain", pods, { cluster: ["test"] }, "-plain.clusters"],
  ["plain", pods, { cluster: "" }, "-plain.clusters"],
  ["plain", pods, { cluster: "TEST" }, "-plain.clusters"],
  ["prod", pods, { cluster: "prod-xx", namespace: "shop" }, "-prod.clusters"],
  ["shop", pods, { cluster: "test", namespace: "shop" }, "+shop"],
  ["shop", pods, { cluster: "prod-eu", namespace: "shop" }, "-shop.clusters"],
  ["shop", pods, { cluster: "prod-eu" }, "-shop.clusters"],
  ["eu", pods, { cluster: "prod-eu" }, "+eu"],
  ["eu", pods, { cluster: "prod-us" }, "-eu.clusters"],
  ["eu", pods, {}, "-eu.clusters"],
  ["eu", pods, undefined, "+eu"],
  ["prod", pods, { cluster: "prod-us", namespace: "shop" }, "+prod"],
  ["prod", pods, { cluster: "prod-us", namespace: "kube-system" }, "-prod.namespaces"],
  ["prod", pods, { cluster: "prod-us" }, "-prod.namespaces"],
  ["prod", pods, { cluster: "test", namespace: "shop" }, "-prod.clusters"],
  ["prodUp", pods, { cluster: "prod-us", limit: 50 }, '-prodUp.arguments["k8s.list_pods"]["limit"]'],
  ["prodUp", pods, { cluster: "test", limit: 50 }, "-prodUp.clusters"],
  ...["all", "each"].flatMap((role) => [
    [role, pods, {}, `+${role}`] as const,
    [role, nodes, { cluster: "prod-us" }, `+${role}`] as const,
  ]),
  ["few", nodes, { cluster: "test" }, "-few.except"],
  // No call of the tool is allowed.
  ["none", pods, undefined, "-none.clusters"],
  ["none", pods, {}, "-none.clusters"],
  // A tool that asks no cluster is not bound.
  ["none", query, { query: "up" }, "+none"],
  ["eu", query, { query: "up" }, "+eu"],
  // One role allows the whole call: cluster, namespace and arguments.
  ["plain eu", pods, { cluster: "prod-eu" }, "+eu"],
  ["plain eu", pods, {}, "+plain"],
  ["plain prod", pods, { cluster: "prod-eu", namespace: "kube-system" }, "-prod.namespaces"],
  ["plain prod", pods, { cluster: "prod-eu" }, "-prod.namespaces"],
  ["shop eu", pods, { cluster: "prod-us", namespace: "shop" }, "-shop.clusters"],
  ["none plain", pods, {}, "+plain"],
];

Deno.test("a call is allowed where one role allows its cluster with all else of it", async (t) => {
  const authorizer = await authorizerOf({ roles: ROLES }, CLUSTERS);
  for (const [roles, tool, args, expected] of CASES) {
    await t.step(`${roles}: ${tool.name} ${Deno.inspect(args)} is ${expected}`, () => {
      const decision = authorizer.authorize({ principal: principal(roles.split(" ")), tool, args });
      assert.equal(`${decision.allowed ? "+" : "-"}${decision.rule}`, expected);
    });
  }
});

Deno.test("a refusal names the clusters that the role is for", async () => {
  const authorizer = await authorizerOf({ roles: ROLES }, CLUSTERS);
  const reasonFor = (role: string, cluster: string) => {
    const decision = authorizer.authorize({ principal: principal([role]), tool: pods, args: { cluster } });
    return !decision.allowed && decision.reason;
  };
  assert.equal(reasonFor("plain", "prod-eu"), 'role "plain" is for cluster "test"');
  assert.equal(reasonFor("prod", "test"), 'role "prod" is for cluster "prod-*"');
});

Deno.test("a list shows a tool of which a call to some cluster is allowed", async () => {
  const authorizer = await authorizerOf({ roles: ROLES }, CLUSTERS);
  const seen = (role: string) =>
    [pods, nodes, query].filter((tool) => authorizer.mayList(principal([role]), tool)).map(({ name }) => name);
  for (const role of ["plain", "eu", "all"]) assert.deepEqual(seen(role), [pods, nodes, query].map(({ name }) => name));
  assert.deepEqual(seen("none"), [query.name]);
});

Deno.test("what is worked out for a tool without the argument does not hold for its stand-in with it", async () => {
  const authorizer = await authorizerOf({ roles: ROLES }, CLUSTERS);
  const without: AccessedTool = { ...nodes, input: z.strictObject({}) };
  const ask = (tool: AccessedTool) =>
    authorizer.authorize({ principal: principal(["plain"]), tool, args: { cluster: "prod-eu" } }).rule;
  assert.deepEqual([ask(without), ask(nodes), ask(without)], ["plain", "plain.clusters", "plain"]);
});

Deno.test("where one cluster is asked, an argument of that name binds nobody", async () => {
  const authorizer = await authorizerOf({ roles: { plain: ROLES.plain } });
  const args = { cluster: "prod-eu" };
  assert.equal(authorizer.authorize({ principal: principal(["plain"]), tool: nodes, args }).rule, "plain");
});

Deno.test("what the tools of one cluster ask, for a stand-in too, is asked of a call to that cluster", async () => {
  const authorizer = await authorizerOf({ roles: ROLES }, CLUSTERS);
  // As the tools of nodes ask whether a caller may have every namespace.
  const standIn: AccessedTool = { ...nodes, input: z.object({ namespace: z.string().optional() }) };
  const ask = (cluster: string, args: Args = {}) =>
    authorizerIn(cluster, authorizer).authorize({ principal: principal(["plain", "prod"]), tool: standIn, args }).rule;
  assert.equal(ask("test"), "plain");
  // "prod" is for a namespace of that cluster, and what "plain" has of another one does not help.
  assert.equal(ask("prod-eu"), "prod.namespaces");
  assert.equal(ask("prod-eu", { namespace: "shop" }), "prod");
  assert.equal(authorizerIn("prod-eu", authorizer).mayList(principal(["plain"]), standIn), true);
});

Deno.test("of the built-in roles only admin has more than the default cluster", () => {
  const authorizer = createPolicyAuthorizer(builtInPolicy(CLUSTERS));
  const ask = (role: string, args: Args) =>
    authorizer.authorize({ principal: principal([role]), tool: nodes, args }).rule;
  const roles = ["viewer", "operator", "admin"];
  assert.deepEqual(roles.map((role) => ask(role, {})), roles);
  assert.deepEqual(roles.map((role) => ask(role, { cluster: "prod-eu" })), [
    "viewer.clusters",
    "operator.clusters",
    "admin",
  ]);
});
