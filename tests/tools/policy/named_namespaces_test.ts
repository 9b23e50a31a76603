import assert from "node:assert/strict";
import { namedNamespaces } from "../../../tools/policy/named_namespaces.ts";
import { parsePolicy } from "../../../tools/policy/parse.ts";
import { principal } from "./policies.ts";

const POLICY = {
  roles: {
    lab: { tools: ["k8s.*"], namespaces: ["mcp-lab", "shop-*", "default"] },
    shop: {
      tools: ["*"],
      arguments: { "k8s.*": { namespace: { oneOf: ["shop", 5, "default"] }, pod: { oneOf: ["p"] } } },
    },
    all: { tools: ["*"] },
  },
  principals: { root: ["lab"] },
  default: ["shop"],
};

const CASES = [
  ["its credential's role", principal(["lab"]), ["default", "mcp-lab"]],
  ["an argument's values", principal(["shop"]), ["default", "shop"]],
  ["several roles", principal(["lab", "shop"]), ["default", "mcp-lab", "shop"]],
  ["a role by its name", principal([], { name: "root" }), ["default", "mcp-lab"]],
  ["the default role", principal(), ["default", "shop"]],
  ["a role for all namespaces", principal(["all"]), []],
] as const;

Deno.test.each(CASES)("the namespaces that a principal's roles name: %s", async (_, caller, names) => {
  const policy = await parsePolicy(JSON.stringify(POLICY));
  assert.deepEqual(namedNamespaces(policy, caller), names);
});
