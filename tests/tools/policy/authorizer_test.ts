import assert from "node:assert/strict";
import type { AccessedTool, Door } from "../../../tools/authorizer.ts";
import { authorizerOf, principal, TOOLS } from "./policies.ts";

const { list, get, set, pods, restart, query } = TOOLS;

const POLICY = {
  deny: [
    { tools: ["k8s.restart"], namespaces: ["kube-*"], reason: "the control plane is restarted by hand" },
    { tools: ["ctx.set"], namespaces: ["mcp-lab"] },
    { tools: ["*.forbidden"] },
  ],
  roles: {
    viewer: { tools: ["*"], readOnly: true, callsPerMinute: 10 },
    lab: {
      tools: ["k8s.*", "ctx.*"],
      except: ["ctx.set"],
      namespaces: ["mcp-lab", "shop-*"],
      callsPerMinute: { "k8s.list_*": 20, "k8s.*": 5 },
      tokensPerHour: 1000,
      doors: ["dashboard"],
    },
    writer: {
      tools: ["ctx.*"],
      arguments: { "ctx.*": { key: { glob: ["deploy-*"] } }, "ctx.set": { value: { maxLength: 3 } } },
      doors: ["dashboard", "audit"],
    },
    restarter: { tools: ["k8s.restart"], namespaces: ["*"] },
  },
};

type Args = Readonly<Record<string, unknown>> | undefined;

/** `+rule` or `-rule`, as it is decided for callers with these roles. */
const CASES: readonly (readonly [roles: string, tool: AccessedTool, args: Args, decision: string])[] = [
  ["", get, { key: "a" }, "-no role"],
  ["stranger", get, { key: "a" }, "-no role"],
  ["viewer", get, { key: "a" }, "+viewer"],
  ["viewer", pods, { namespace: "kube-system" }, "+viewer"],
  ["viewer", set, { key: "a", value: 1 }, "-viewer.readOnly"],
  ["viewer stranger", get, { key: "a" }, "+viewer"],
  ["lab", get, { key: "a" }, "+lab"],
  ["lab", set, { key: "a" }, "-lab.except"],
  ["lab", query, { query: "up" }, "-lab.tools"],
  ["lab", pods, { namespace: "mcp-lab" }, "+lab"],
  ["lab", pods, { namespace: "shop-1" }, "+lab"],
  ["lab", pods, { namespace: "shop-" }, "+lab"],
  ["lab", pods, { namespace: "kube-system" }, "-lab.namespaces"],
  ["lab", pods, undefined, "+lab"],
  ["lab", restart, { name: "a" }, "-deny[0]"],
  ["lab", restart, { namespace: "kube-system", name: "a" }, "-deny[0]"],
  ["restarter", restart, { namespace: "kube-public", name: "a" }, "-deny[0]"],
  ["restarter", restart, { namespace: "shop-1", name: "a" }, "+restarter"],
  ["writer", set, { key: "deploy-1", value: "abc" }, "+writer"],
  ["writer", set, { key: "deploy-1", value: "abcd" }, '-writer.arguments["ctx.set"]["value"]'],
  ["writer", set, { key: "other", value: "abc" }, '-writer.arguments["ctx.*"]["key"]'],
  ["writer", get, { key: "other" }, '-writer.arguments["ctx.*"]["key"]'],
  ["writer", set, undefined, "+writer"],
  // One role must allow the whole call; the first in the policy's order that does decides its limits.
  ["writer viewer", get, { key: "deploy-1" }, "+viewer"],
  ["writer lab", get, { key: "other" }, "+lab"],
  ["writer lab", set, { key: "other" }, '-writer.arguments["ctx.*"]["key"]'],
  ["lab viewer", pods, { namespace: "default" }, "+viewer"],
  ["lab writer", query, { query: "up" }, "-lab.tools"],
];

Deno.test("a call is allowed where one role allows it wholly, and the rule is named", async (t) => {
  const authorizer = await authorizerOf(POLICY);
  for (const [roles, tool, args, expected] of CASES) {
    await t.step(`${roles || "no role"}: ${tool.name} ${JSON.stringify(args)} is ${expected}`, () => {
      const decision = authorizer.authorize({ principal: principal(roles.split(" ").filter(Boolean)), tool, args });
      assert.equal(`${decision.allowed ? "+" : "-"}${decision.rule}`, expected);
    });
  }
});

Deno.test("a call that is allowed has the limits of the role that allows it, for its tool", async () => {
  const authorizer = await authorizerOf(POLICY);
  const limits = (roles: string[], tool: AccessedTool, args: Args) => {
    const decision = authorizer.authorize({ principal: principal(roles), tool, args });
    return decision.allowed ? decision.limits : decision;
  };
  assert.deepEqual(limits(["viewer"], get, {}), { callsPerMinute: 10 });
  assert.deepEqual(limits(["lab"], pods, { namespace: "mcp-lab" }), { callsPerMinute: 20, tokensPerHour: 1000 });
  assert.deepEqual(limits(["lab"], get, { key: "a" }), { tokensPerHour: 1000 });
  assert.deepEqual(limits(["restarter"], restart, { namespace: "a", name: "b" }), {});
});

Deno.test("a refusal says in words what was missing, and nothing of the argument that came", async (t) => {
  const authorizer = await authorizerOf(POLICY);
  const cases: readonly (readonly [roles: string[], tool: AccessedTool, args: Args, reason: string])[] = [
    [[], get, {}, "no role"],
    [["stranger", "x".repeat(100)], get, {}, `no role: "stranger", "${"x".repeat(64)}" is not in the policy`],
    [["viewer"], set, {}, 'role "viewer" only reads, and this tool does not'],
    [["lab"], query, {}, 'role "lab" does not have this tool'],
    [["lab"], set, {}, 'role "lab" excepts this tool'],
    [["lab"], pods, { namespace: "kube-system" }, 'role "lab" is for namespace "mcp-lab", "shop-*"'],
    [
      ["writer"],
      get,
      { key: "s3cret" },
      'role "writer" wants the argument "key" to be text such as "deploy-*"',
    ],
    [["restarter"], restart, { namespace: "kube-system" }, "the control plane is restarted by hand"],
  ];
  for (const [roles, tool, args, reason] of cases) {
    await t.step(reason, () => {
      const decision = authorizer.authorize({ principal: principal(roles), tool, args });
      assert.equal(!decision.allowed && decision.reason, reason);
    });
  }
});

Deno.test("nobody may what the policy denies or, while it only reads, what changes something", async () => {
  const all = { tools: ["*"], doors: ["lab"] };
  const denied = await authorizerOf({ deny: [{ tools: ["ctx.*"] }], roles: { admin: all } });
  const reading = await authorizerOf({ readOnly: true, roles: { admin: all } });
  const decide = (authorizer: typeof denied, tool: AccessedTool) =>
    authorizer.authorize({ principal: principal(["admin"]), tool, args: {} }).rule;
  assert.deepEqual([get, set, query].map((tool) => decide(denied, tool)), ["deny[0]", "deny[0]", "admin"]);
  assert.deepEqual([get, set, restart].map((tool) => decide(reading, tool)), ["admin", "readOnly", "readOnly"]);
});

Deno.test("roles come from the credential, the name, the groups and, for whoever has none, the default", async (t) => {
  const authorizer = await authorizerOf({
    roles: { get: { tools: ["ctx.get"] }, set: { tools: ["ctx.set"] }, list: { tools: ["mcp.tools.list"] } },
    principals: { bob: ["set"], "auth0|7": ["set", "get"] },
    groups: { sre: ["get", "set"] },
    default: ["list"],
  });
  const cases: readonly (readonly [who: Parameters<typeof principal>, tools: string])[] = [
    [[[]], "mcp.tools.list"],
    [[["get"]], "ctx.get"],
    [[[], { name: "bob" }], "ctx.set"],
    [[["get"], { name: "bob" }], "ctx.get ctx.set"],
    [[[], { name: "auth0|7" }], "ctx.get ctx.set"],
    [[[], { groups: ["sre", "others"] }], "ctx.get ctx.set"],
    [[["others"]], "mcp.tools.list"],
    [[["constructor"], { name: "__proto__", groups: ["toString"] }], "mcp.tools.list"],
  ];
  for (const [who, expected] of cases) {
    await t.step(JSON.stringify(who), () => {
      const caller = principal(...who);
      const found = [list, get, set].filter((tool) => authorizer.mayList(caller, tool)).map(({ name }) => name);
      assert.equal(found.join(" "), expected);
    });
  }
});

Deno.test("an argument is what the call holds, not what every object has", async () => {
  const authorizer = await authorizerOf({
    roles: {
      without: { tools: ["ctx.get"], arguments: { "ctx.get": { constructor: { absent: true } } } },
      given: { tools: ["ctx.get"], arguments: { "ctx.get": { toString: { absent: false } } } },
    },
  });
  const ask = (role: string) =>
    authorizer.authorize({ principal: principal([role]), tool: get, args: { key: "a" } }).rule;
  assert.equal(ask("without"), "without");
  assert.equal(ask("given"), 'given.arguments["ctx.get"]["toString"]');
});

Deno.test("a list shows a tool of which any call could be allowed", async () => {
  const authorizer = await authorizerOf(POLICY);
  const seen = (roles: string[]) =>
    Object.values(TOOLS).filter((tool) => authorizer.mayList(principal(roles), tool)).map(({ name }) => name);
  assert.deepEqual(seen(["viewer"]), ["mcp.tools.list", "ctx.get", "k8s.list_pods", "prom.query_simple"]);
  assert.deepEqual(seen(["lab"]), ["ctx.get", "k8s.list_pods", "k8s.restart"]);
  assert.deepEqual(seen(["writer"]), ["ctx.get", "ctx.set"]);
  assert.deepEqual(seen([]), []);
});

Deno.test("a door opens for whoever has a role with it", async () => {
  const authorizer = await authorizerOf(POLICY);
  const decide = (roles: string[], door: Door) => {
    const decision = authorizer.mayEnter(principal(roles), door);
    return `${decision.allowed ? "+" : "-"}${decision.rule}`;
  };
  assert.equal(decide([], "dashboard"), "-no role");
  assert.equal(decide(["viewer"], "dashboard"), "-viewer.doors");
  assert.equal(decide(["viewer", "lab"], "dashboard"), "+lab.doors");
  assert.equal(decide(["lab"], "audit"), "-lab.doors");
  assert.equal(decide(["writer", "lab"], "audit"), "+writer.doors");
});

Deno.test("what is worked out for some callers holds for them alone", async () => {
  const authorizer = await authorizerOf(POLICY);
  const ask = (roles: string[], args: Args) =>
    authorizer.authorize({ principal: principal(roles), tool: pods, args }).rule;
  for (let time = 0; time < 3; time++) {
    assert.equal(ask(["lab"], { namespace: "default" }), "lab.namespaces");
    assert.equal(ask(["viewer"], { namespace: "default" }), "viewer");
    assert.equal(ask(["viewer", "lab"], { namespace: "default" }), "viewer");
    assert.equal(ask(["lab"], { namespace: "mcp-lab" }), "lab");
    assert.equal(ask([], { namespace: "mcp-lab" }), "no role");
  }
});

Deno.test("a call whose whole tool is decided costs no object: the same decision is given again", async () => {
  const authorizer = await authorizerOf(POLICY);
  const caller = principal(["viewer"]);
  const ask = () => authorizer.authorize({ principal: caller, tool: get, args: { key: "a" } });
  assert.equal(ask(), ask());
});
