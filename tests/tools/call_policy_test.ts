import assert from "node:assert/strict";
import { z } from "zod";
import { createMemoryRateLimiter } from "../../storage/embedded/rate_limiter.ts";
import { ToolError } from "../../tools/error.ts";
import { namespaceName } from "../../tools/k8s/namespace.ts";
import { mcpToolsList } from "../../tools/mcp/list.ts";
import { createPolicyAuthorizer } from "../../tools/policy/authorizer.ts";
import { builtInPolicy } from "../../tools/policy/built_in.ts";
import type { Tool } from "../../tools/tool.ts";
import { manualClock } from "../contracts/manual_clock.ts";
import { testCallPath, testContext, testTool } from "./call_path.ts";
import { authorizerOf, principal, TOOLS } from "./policy/policies.ts";

/** A call path under a policy over tools that tell what reached them. */
async function underPolicy(document: unknown) {
  const authorizer = await authorizerOf(document);
  const ran: { readonly tool: string; readonly args: unknown }[] = [];
  const named = (name: string, input: z.ZodObject, more: Partial<Tool> = {}) =>
    testTool((args) => {
      ran.push({ tool: name, args });
      return Promise.resolve({});
    }, { name, input, ...more });
  const key = z.string();
  const tools: readonly Tool[] = [
    mcpToolsList(() => tools, authorizer),
    named("ctx.get", z.strictObject({ key })),
    named("ctx.set", z.strictObject({ key, value: z.any() }), { effect: "own" }),
    named("k8s.list_pods", z.strictObject({ namespace: namespaceName, limit: z.int().default(100) })),
    // Whose own schema would let anything through.
    named("k8s.anywhere", z.strictObject({ namespace: z.any().optional() })),
    named("k8s.optional", z.strictObject({ namespace: namespaceName.optional() })),
    named("prom.query_simple", z.strictObject({ query: z.string() })),
  ];
  const path = testCallPath(tools, { authorizer });
  /** The result, or the error. */
  const ask = async (tool: unknown, args: unknown, roles: readonly string[] = ["lab"]) => {
    const context = testContext({ principal: principal(roles) });
    try {
      return JSON.parse((await path.call({ method: "mcp.tools.call", tool, args }, context)).text);
    } catch (error) {
      assert(error instanceof ToolError, `threw ${error}`);
      return error;
    }
  };
  return { ...path, ask, ran };
}

const POLICY = {
  deny: [{ tools: ["k8s.list_pods"], namespaces: ["secret-*"], reason: "nobody looks there" }],
  roles: {
    lab: {
      tools: ["mcp.tools.list", "k8s.*", "ctx.set"],
      namespaces: ["mcp-lab"],
      arguments: { "k8s.list_pods": { limit: { max: 200 } } },
    },
    wide: { tools: ["k8s.list_pods"], namespaces: ["*"], arguments: { "*": { limit: { max: 50 } } } },
    viewer: { tools: ["*"], readOnly: true },
  },
};

Deno.test("a refused call names its rule, is a record, is reported by its rule and reaches no tool", async () => {
  const { ask, ran, records, reports, taken } = await underPolicy(POLICY);
  const error = await ask("ctx.set", { key: "a", value: 1 }, ["viewer"]);
  assert.equal(error.kind, "forbidden");
  assert.equal(error.message, 'alice may not call ctx.set: role "viewer" only reads, and this tool does not');
  assert.equal(error.hint, "Ask the operator for a role that allows it, or use another tool");
  assert.deepEqual(error.data, { rule: "viewer.readOnly" });
  const [record] = records;
  assert.deepEqual([record?.outcome, record?.toolName, record?.principal], ["denied", "ctx.set", "alice"]);
  assert.equal(record?.params, '{"key":"a","value":1}');
  assert.equal(JSON.parse(record?.result ?? "").error.message, error.message);
  assert.deepEqual(reports.map(({ tool, outcome, rule }) => [tool, outcome, rule]), [
    ["ctx.set", "denied", "viewer.readOnly"],
  ]);
  assert.deepEqual([ran, taken], [[], []]);
});

Deno.test("mcp.tools.list shows a caller the tools that it may call, and no other", async () => {
  const { ask } = await underPolicy(POLICY);
  const listed = async (roles: readonly string[]) => {
    const { tools } = await ask("mcp.tools.list", {}, roles);
    return tools.map(({ name }: { name: string }) => name);
  };
  assert.deepEqual(await listed(["lab"]), [
    "mcp.tools.list",
    "ctx.set",
    "k8s.list_pods",
    "k8s.anywhere",
    "k8s.optional",
  ]);
  assert(!(await listed(["viewer"])).includes("ctx.set"));
  assert.equal((await ask("mcp.tools.list", {}, ["wide"])).data.rule, "wide.tools");
});

Deno.test("a name that only looks like a tool's is no tool's, and reaches none", async (t) => {
  const { ask, ran, records } = await underPolicy(POLICY);
  const names = [
    ...["CTX.get", "Ctx.Get", "ctx.get ", " ctx.get", "ctx.get\t", "ctx.get\n", "ctx.get\0", "ctx..get", "ctx.get."],
    ...["ctx_get", "ctx-get", "ctx/get", "ctx.get/../ctx.set", "ctx.*", "*", "", "ctx%2Eget", "ctx․get", "ctx。get"],
    // Cyrillic letters, full width, a combining dot, a zero-width space, a soft hyphen, the dotless i.
    ...["сtx.get", "ctх.get", "ｃｔｘ.ｇｅｔ", "ctx.g\u0117t", "ctx\u200b.get", "ctx.\u00adget", "k8s.l\u0131st_pods"],
    ...["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf", "prototype"],
  ];
  for (const name of names) {
    await t.step(JSON.stringify(name), async () => {
      for (const roles of [["viewer"], ["lab"], []]) {
        const error = await ask(name, { key: "a" }, roles);
        assert.equal(error.kind, "unknown_tool");
        assert.equal(records.at(-1)?.outcome, "invalid");
      }
    });
  }
  assert.deepEqual(ran, []);
});

Deno.test("what comes in a name's place reaches no tool", async (t) => {
  const { ask, ran } = await underPolicy(POLICY);
  for (const name of [["ctx.get"], { toString: () => "ctx.get" }, new String("ctx.get"), 0, null, undefined, true]) {
    await t.step(String(JSON.stringify(name)), async () => {
      assert.equal((await ask(name, { key: "a" }, ["viewer"])).kind, "invalid_params");
    });
  }
  assert.deepEqual(ran, []);
});

Deno.test("a caller without a right to a tool is not told its name as a near one", async () => {
  const { ask } = await underPolicy(POLICY);
  assert.deepEqual((await ask("ctx.gett", {}, ["viewer"])).data, { near: ["ctx.get"] });
  assert.deepEqual((await ask("ctx.gett", {}, ["lab"])).data, { near: ["ctx.set"] });
  assert.deepEqual((await ask("ctx.gett", {}, [])).data, { near: [] });
});

Deno.test("a role that is for one namespace reaches no other, however it is written", async (t) => {
  const { ask, ran } = await underPolicy(POLICY);
  const tricks: readonly unknown[] = [
    ...["kube-system", "mcp-lab/../kube-system", "../mcp-lab", "", "*", "mcp-*", "MCP-LAB", "Mcp-lab", "mcp-lab "],
    ...[
      " mcp-lab",
      "mcp-lab\0",
      "kube-system\0",
      "kube-system.",
      "mcp-lab.",
      "mcp-lab,kube-system",
      "mcp-lab\nkube-system",
    ],
    ...[
      "mcp-lab%00",
      "mcp-lab%2f..%2fkube-system",
      "mcp-lab?x=1",
      "mcp-lab#",
      "mcp‐lab",
      "ｍcp-lab",
      "mcp-lab\u200b",
      "all",
    ],
    ...[null, 0, true, ["mcp-lab"], ["mcp-lab", "kube-system"], { name: "mcp-lab" }, { toString: "mcp-lab" }],
  ];
  for (const namespace of tricks) {
    await t.step(JSON.stringify(namespace), async () => {
      const strict = await ask("k8s.list_pods", { namespace });
      assert(["invalid_params", "forbidden"].includes(strict.kind), strict.kind);
      // Also where the tool's schema says nothing against it.
      const lax = await ask("k8s.anywhere", { namespace });
      assert.deepEqual([lax.kind, lax.data], ["forbidden", { rule: "lab.namespaces" }]);
    });
  }
  await t.step("left out", async () => {
    assert.equal((await ask("k8s.list_pods", {})).kind, "invalid_params");
    for (const tool of ["k8s.anywhere", "k8s.optional"]) {
      assert.deepEqual((await ask(tool, {})).data, { rule: "lab.namespaces" });
    }
  });
  await t.step("twice, as JSON has it last", async () => {
    const args = JSON.parse('{"namespace": "mcp-lab", "namespace": "kube-system"}');
    assert.equal((await ask("k8s.list_pods", args)).kind, "forbidden");
  });
  await t.step("by a prototype", async () => {
    const args = JSON.parse('{"__proto__": {"namespace": "mcp-lab"}}');
    for (const tool of ["k8s.list_pods", "k8s.anywhere", "k8s.optional"]) {
      assert(["invalid_params", "forbidden"].includes((await ask(tool, args)).kind));
    }
  });
  assert.deepEqual(ran, []);
  await t.step("as it is", async () => {
    for (const tool of ["k8s.list_pods", "k8s.anywhere", "k8s.optional"]) await ask(tool, { namespace: "mcp-lab" });
    assert.equal(ran.length, 3);
  });
});

Deno.test("a constraint holds for arguments as the tool gets them, defaults filled in", async () => {
  const { ask, ran } = await underPolicy(POLICY);
  // 100 by default: within lab's bound of 200, above wide's of 50.
  await ask("k8s.list_pods", { namespace: "mcp-lab" });
  assert.deepEqual(ran.at(-1)?.args, { namespace: "mcp-lab", limit: 100 });
  assert.equal(
    (await ask("k8s.list_pods", { namespace: "mcp-lab", limit: 201 })).data.rule,
    'lab.arguments["k8s.list_pods"]["limit"]',
  );
  const left = await ask("k8s.list_pods", { namespace: "default" }, ["wide"]);
  assert.deepEqual([left.kind, left.data.rule], ["forbidden", 'wide.arguments["*"]["limit"]']);
  assert.equal(
    left.message,
    'alice may not call k8s.list_pods: role "wide" wants the argument "limit" to be at most 50',
  );
  await ask("k8s.list_pods", { namespace: "default", limit: 50 }, ["wide"]);
  assert.deepEqual(ran.at(-1)?.args, { namespace: "default", limit: 50 });
});

Deno.test("deny beats every role, and what it says is told", async () => {
  const { ask } = await underPolicy(POLICY);
  const error = await ask("k8s.list_pods", { namespace: "secret-1", limit: 1 }, ["lab", "wide", "viewer"]);
  assert.equal(error.message, "alice may not call k8s.list_pods: nobody looks there");
  assert.deepEqual(error.data, { rule: "deny[0]" });
});

Deno.test("a call with invalid arguments is decided on the tool alone, and never runs", async () => {
  const { ask, ran } = await underPolicy(POLICY);
  assert.equal((await ask("k8s.list_pods", { namespace: 5 })).kind, "invalid_params");
  assert.equal((await ask("ctx.set", "text", ["viewer"])).data.rule, "viewer.readOnly");
  assert.deepEqual(ran, []);
});

Deno.test("of the built-in roles a viewer reads, an operator does all and has two doors, an admin has all", async (t) => {
  const authorizer = createPolicyAuthorizer(builtInPolicy());
  const { pods, set, get } = TOOLS;
  const doors = ["dashboard", "metrics", "lab", "audit"] as const;
  const cases = [
    ["viewer", "ctx.get k8s.list_pods", ""],
    ["operator", "ctx.get k8s.list_pods ctx.set", "dashboard lab"],
    ["admin", "ctx.get k8s.list_pods ctx.set", "dashboard metrics lab audit"],
    ["stranger", "", ""],
  ] as const;
  for (const [role, tools, entered] of cases) {
    await t.step(role, () => {
      const caller = principal([role]);
      const allowed = [get, pods, set].filter((tool) =>
        authorizer.authorize({ principal: caller, tool, args: { namespace: "any" } }).allowed
      );
      assert.equal(allowed.map(({ name }) => name).join(" "), tools);
      assert.equal(doors.filter((door) => authorizer.mayEnter(caller, door).allowed).join(" "), entered);
    });
  }
});

Deno.test("with a policy and nobody known, the principal default has what the policy gives it", async () => {
  const { call } = testCallPath([testTool(() => Promise.resolve(1), { name: "ctx.get" })], {
    limiter: createMemoryRateLimiter(manualClock()),
    authorizer: await authorizerOf({
      roles: { guest: { tools: ["ctx.get"], callsPerMinute: 1 } },
      principals: { default: ["guest"] },
    }),
  });
  const ask = (context = testContext()) => call({ method: "ctx.get", tool: "ctx.get", args: {} }, context);
  await ask();
  await assert.rejects(ask(), {
    kind: "rate_limited",
    data: { retryAfterMs: 60_000, limit: 1, rule: "guest.callsPerMinute" },
  });
  await assert.rejects(ask(testContext({ principal: principal() })), { kind: "forbidden", data: { rule: "no role" } });
});
