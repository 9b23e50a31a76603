import assert from "node:assert/strict";
import { listedTools } from "../../../tools/listed_tools.ts";
import { createPolicyAuthorizer } from "../../../tools/policy/authorizer.ts";
import { builtInPolicy } from "../../../tools/policy/built_in.ts";
import { parsePolicy } from "../../../tools/policy/parse.ts";
import { policyJsonSchema } from "../../../tools/policy/schema.ts";
import { findPolicyWarnings } from "../../../tools/policy/warnings.ts";
import { ROOT } from "../../services/server.ts";
import { principal } from "./policies.ts";

const example = await Deno.readTextFile(`${ROOT}docs/policy.example.json`);
const tools = await listedTools(["core"]);

Deno.test("the shipped example is a policy, and fits the shipped tools; so does the built-in one", async () => {
  assert.deepEqual(findPolicyWarnings(await parsePolicy(example), tools), []);
  assert.deepEqual(findPolicyWarnings(builtInPolicy(), tools), []);
});

Deno.test("the schema beside the example is the one that the server reads policies by", async () => {
  const shipped = JSON.parse(await Deno.readTextFile(`${ROOT}docs/policy.schema.json`));
  assert.deepEqual(shipped, policyJsonSchema(), "Write it anew: deno task policy schema > docs/policy.schema.json");
});

Deno.test("the shipped example allows what it says, and no more", async (t) => {
  const authorizer = createPolicyAuthorizer(await parsePolicy(example));
  const query = (text: string) => ["prom.query_simple", { query: text }] as const;
  const cases: readonly (readonly [role: string, tool: string, args: Record<string, unknown>, rule: string])[] = [
    ["sre", "k8s.list_pods", { namespace: "shop-1" }, "+sre"],
    ["sre", "k8s.list_pods", { namespace: "kube-system" }, "-deny[0]"],
    ["incident-agent", "logs.search", { namespace: "payments", since_seconds: 3600 }, "+incident-agent"],
    [
      "incident-agent",
      "logs.search",
      { namespace: "payments" },
      '-incident-agent.arguments["logs.search"]["since_seconds"]',
    ],
    ["incident-agent", "ctx.set", { key: "incident-7", value: 1 }, "+incident-agent"],
    ["incident-agent", "ctx.set", { key: "version", value: 1 }, '-incident-agent.arguments["ctx.set"]["key"]'],
    ["lab-agent", "k8s.list_pods", { namespace: "default" }, "-lab-agent.namespaces"],
    ["viewer", "ctx.set", { key: "a", value: 1 }, "-viewer.readOnly"],
    ["scraper", "mcp.tools.list", {}, "-scraper.tools"],
    ...[
      'up{namespace="mcp-lab"}',
      'sum(up{namespace="mcp-lab"})',
      'rate(http_requests_total{namespace="mcp-lab",job=~"a|b"}[5m])',
    ].map((text) => ["lab-agent", ...query(text), "+lab-agent"] as const),
    ...[
      "up",
      'up{namespace="kube-system"}',
      'up{namespace="mcp-lab"} or up',
      'up{namespace="mcp-lab"}\nor up',
      'up or up{namespace="mcp-lab"}',
      'up{namespace="mcp-lab"}) or (up',
      'up{namespace="mcp-lab",job="a"} or up{job="b"}',
      'up{namespace="mcp-lab",job="\\"} or up{job="b"}',
      'up{namespace!="mcp-lab"}',
      'up{namespace=~"mcp-lab|kube-system"}',
      '# {namespace="mcp-lab"}',
    ].map((text) => ["lab-agent", ...query(text), '-lab-agent.arguments["prom.query_simple"]["query"]'] as const),
  ];
  for (const [role, name, args, expected] of cases) {
    await t.step(`${role} ${name} ${JSON.stringify(args)}`, () => {
      const tool = tools.find((candidate) => candidate.name === name) ?? assert.fail(name);
      const { allowed, rule } = authorizer.authorize({
        principal: principal([role]),
        tool,
        args: tool.input.parse(args),
      });
      assert.equal(`${allowed ? "+" : "-"}${rule}`, expected);
    });
  }
});

Deno.test("every policy that docs/policy.md shows is one, and fits the shipped tools", async () => {
  const text = await Deno.readTextFile(`${ROOT}docs/policy.md`);
  const shown = Array.from(text.matchAll(/^```json\n(.*?)^```$/gms), ([, block = ""]) => block)
    .filter((block) => Object.hasOwn(JSON.parse(block), "roles"));
  assert.equal(shown.length, 3);
  for (const block of shown) assert.deepEqual(findPolicyWarnings(await parsePolicy(block), tools), []);
});
