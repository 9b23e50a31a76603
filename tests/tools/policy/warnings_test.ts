import assert from "node:assert/strict";
import type { Clusters } from "../../../tools/clusters.ts";
import { parsePolicy } from "../../../tools/policy/parse.ts";
import { findPolicyWarnings } from "../../../tools/policy/warnings.ts";
import { TOOLS } from "./policies.ts";

async function warningsOf(document: unknown, clusters?: Clusters): Promise<readonly string[]> {
  return findPolicyWarnings(await parsePolicy(JSON.stringify(document), clusters), Object.values(TOOLS));
}

Deno.test("globs that no tool fits and arguments that no such tool has are told, by their place", async () => {
  const document = {
    deny: [{ tools: ["ctx.*", "k8s.delete"] }],
    roles: {
      a: {
        tools: ["ctx_get", "*"],
        except: ["CTX.*"],
        arguments: {
          "ctx.*": { value: { maxLength: 1 }, key: { maxLength: 1 } },
          "k8s.lst_pods": { namespace: { oneOf: ["a"] } },
          "ctx.get": { value: { absent: true } },
        },
        callsPerMinute: { "prom.*": 1, "grafana.*": 2 },
      },
    },
  };
  assert.deepEqual(await warningsOf(document), [
    'deny[0].tools[1]: no tool fits "k8s.delete"',
    'roles.a.tools[0]: no tool fits "ctx_get"',
    'roles.a.except[0]: no tool fits "CTX.*"',
    'roles.a.arguments["ctx.*"].value: ctx.get has no such argument, so that no call of it is allowed',
    'roles.a.arguments["k8s.lst_pods"]: no tool fits "k8s.lst_pods"',
    'roles.a.callsPerMinute["grafana.*"]: no tool fits "grafana.*"',
  ]);
});

Deno.test("a glob that no cluster fits is told, by its place", async () => {
  const clusters: Clusters = { names: ["test", "prod-eu"], default: "test" };
  const document = { roles: { a: { tools: ["*"], clusters: ["prod-*", "stage-*", "*"] } } };
  assert.deepEqual(await warningsOf(document, clusters), ['roles.a.clusters[1]: no cluster fits "stage-*"']);
});

Deno.test("a policy that fits the tools has nothing to be warned of", async () => {
  assert.deepEqual(await warningsOf({ roles: { a: { tools: ["*"], callsPerMinute: 5 } } }), []);
});
