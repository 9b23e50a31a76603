import assert from "node:assert/strict";
import fc from "fast-check";
import type { AccessedTool, Authorizer } from "../../../tools/authorizer.ts";
import type { Clusters } from "../../../tools/clusters.ts";
import { createPolicyAuthorizer } from "../../../tools/policy/authorizer.ts";
import { compilePolicy } from "../../../tools/policy/policy.ts";
import type { PolicyDocument, RoleDocument } from "../../../tools/policy/schema.ts";
import { CLUSTERS, ofClusters, principal, TOOLS } from "./policies.ts";

const ROLES = ["one", "two", "three"] as const;

const toolGlobs = fc.uniqueArray(
  fc.constantFrom("*", "ctx.*", "ctx.get", "ctx.set", "k8s.*", "*.list*", "k8s.restart", "prom.query_simple"),
  { minLength: 1, maxLength: 3 },
);
const namespaceGlobs = fc.uniqueArray(fc.constantFrom("*", "shop-*", "shop-1", "mcp-lab", "*-1"), {
  minLength: 1,
  maxLength: 2,
});
/** A member that may be left out. */
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
/** A document without the members that were left out, as JSON has it. */
const withoutGaps = <T extends object>(document: T): T => JSON.parse(JSON.stringify(document));

const denials = fc.record({ tools: toolGlobs, namespaces: optional(namespaceGlobs) }).map(withoutGaps);
const roles: fc.Arbitrary<RoleDocument> = fc.record({
  tools: toolGlobs,
  except: optional(toolGlobs),
  clusters: optional(fc.uniqueArray(fc.constantFrom("*", "test", "prod-*", "prod-us"), { minLength: 1, maxLength: 2 })),
  namespaces: optional(namespaceGlobs),
  readOnly: optional(fc.boolean()),
  arguments: optional(fc.constantFrom<NonNullable<RoleDocument["arguments"]>>(
    { "ctx.*": { key: { oneOf: ["a", "b"] } } },
    { "k8s.*": { limit: { max: 10, absent: true } }, "*": { namespace: { glob: ["shop-*"], absent: true } } },
    { "ctx.set": { value: { absent: true } } },
  )),
  callsPerMinute: optional(fc.nat(100)),
}).map(withoutGaps);
const policies: fc.Arbitrary<PolicyDocument> = fc.record({
  readOnly: optional(fc.boolean()),
  deny: fc.array(denials, { maxLength: 2 }),
  roles: fc.record({ one: roles, two: roles, three: roles }),
}).map(withoutGaps);

const calls = fc.record({
  roles: fc.uniqueArray(fc.constantFrom(...ROLES)),
  tool: fc.constantFrom(
    ...Object.values<AccessedTool>(TOOLS).map((tool) => tool.name.startsWith("k8s.") ? ofClusters(tool) : tool),
  ),
  args: optional(
    fc.record({
      cluster: fc.constantFrom(...CLUSTERS.names),
      namespace: fc.constantFrom("shop-1", "mcp-lab", "kube-system"),
      key: fc.constantFrom("a", "c"),
      limit: fc.constantFrom(5, 50),
    }, { requiredKeys: [] }),
  ),
});

type Call = typeof calls extends fc.Arbitrary<infer T> ? T : never;

function authorizerBy(document: PolicyDocument, clusters?: Clusters): Authorizer {
  return createPolicyAuthorizer(compilePolicy(document, () => assert.fail("no pattern"), clusters));
}

function allows(authorizer: Authorizer, { roles: names, tool, args }: Call): boolean {
  return authorizer.authorize({ principal: principal(names), tool, args }).allowed;
}

function isAllowed(document: PolicyDocument, call: Call): boolean {
  return allows(authorizerBy(document, CLUSTERS), call);
}

/** Whatever is asked, what is allowed afterwards was allowed before. @returns how often it was, so that it is a test */
function neverAllowsMore<T>(
  change: fc.Arbitrary<T>,
  apply: (given: readonly [PolicyDocument, Call], change: T) => readonly [PolicyDocument, Call],
) {
  let allowed = 0;
  let refused = 0;
  fc.assert(
    fc.property(policies, calls, change, (policy, call, changed) => {
      const before = isAllowed(policy, call);
      const after = isAllowed(...apply([policy, call], changed));
      assert(before || !after, "Now it is allowed");
      if (after) allowed++;
      else if (before) refused++;
    }),
    { numRuns: 5000 },
  );
  assert.ok(allowed > 100 && refused > 50, `${allowed} stayed allowed, ${refused} became refused`);
}

Deno.test("another deny rule never allows more", () => {
  neverAllowsMore(denials, ([policy, call], denial) => [{ ...policy, deny: [...policy.deny ?? [], denial] }, call]);
});

Deno.test("a role less never allows more", () => {
  neverAllowsMore(fc.constantFrom(...ROLES), ([policy, call], role) => [
    policy,
    { ...call, roles: call.roles.filter((name) => name !== role) },
  ]);
});

Deno.test("a role that excepts, only reads, or is for fewer clusters, namespaces or tools never allows more", () => {
  const narrowing = fc.record({
    role: fc.constantFrom(...ROLES),
    by: fc.constantFrom<Partial<RoleDocument>>(
      { readOnly: true },
      { clusters: ["nowhere"] },
      { namespaces: ["nowhere"] },
      { tools: ["nothing"] },
      { except: ["*"] },
      { arguments: { "*": { key: { oneOf: [] } } } },
    ),
  });
  neverAllowsMore(narrowing, ([policy, call], { role, by }) => {
    const changed = { ...policy.roles[role], ...by } as RoleDocument; // Every role of ROLES is there.
    return [{ ...policy, roles: { ...policy.roles, [role]: changed } }, call];
  });
});

Deno.test("roles without clusters mean on a server of several what they meant on one: the default, no other", () => {
  const ofOne = policies.map(({ roles, ...policy }): PolicyDocument => ({
    ...policy,
    roles: Object.fromEntries(Object.entries(roles).map(([name, { clusters: _, ...role }]) => [name, role])),
  }));
  let allowed = 0;
  let refused = 0;
  fc.assert(
    fc.property(ofOne, calls, (policy, call) => {
      const { args, tool } = call;
      const isElsewhere = tool.name.startsWith("k8s.") && (args?.cluster ?? CLUSTERS.default) !== CLUSTERS.default;
      const before = allows(authorizerBy(policy), call);
      assert.equal(isAllowed(policy, call), before && !isElsewhere);
      if (before && isElsewhere) refused++;
      else if (before) allowed++;
    }),
    { numRuns: 5000 },
  );
  assert.ok(allowed > 100 && refused > 50, `${allowed} stayed allowed, ${refused} are elsewhere`);
});

Deno.test("the order of roles changes whose limits hold, never what is allowed", () => {
  fc.assert(
    fc.property(policies, calls, (policy, call) => {
      const reversed = { ...policy, roles: Object.fromEntries(Object.entries(policy.roles).reverse()) };
      assert.equal(isAllowed(reversed, call), isAllowed(policy, call));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("a tool of which a call is allowed is in the list", () => {
  fc.assert(
    fc.property(policies, calls, (policy, call) => {
      const authorizer = authorizerBy(policy, CLUSTERS);
      const caller = principal(call.roles);
      if (authorizer.authorize({ ...call, principal: caller }).allowed) assert(authorizer.mayList(caller, call.tool));
    }),
    { numRuns: 2000 },
  );
});
