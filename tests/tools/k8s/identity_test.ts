import assert from "node:assert/strict";
import fc from "fast-check";
import type { Principal } from "../../../tools/call_context.ts";
import { ToolError } from "../../../tools/error.ts";
import { checkImpersonation, identityHeaders, impersonate, SERVER_ACCOUNT } from "../../../tools/k8s/identity.ts";

function principal(name: string, groups?: readonly string[]): Principal {
  return { name, authMethod: "oidc", roles: ["admin"], groups };
}

/** The words that an impersonation is refused with. */
function refusal(given: Principal, prefix: string): string {
  try {
    impersonate(given, { prefix });
  } catch (error) {
    assert(error instanceof ToolError, Deno.inspect(error));
    assert.deepEqual([error.kind, error.data], ["forbidden", { rule: "KUBE_IMPERSONATE" }]);
    assert(error.hint);
    return error.message;
  }
  throw new assert.AssertionError({ message: `${JSON.stringify(given)} was impersonated` });
}

Deno.test("a caller is named with the prefix, its groups too, its roles not", () => {
  const identity = impersonate(principal("alice", ["sre", "night shift"]), { prefix: "mcp:" });
  assert.deepEqual(identityHeaders(identity, { Authorization: "Bearer t" }, "record-1"), [
    ["Authorization", "Bearer t"],
    ["Impersonate-User", "mcp:alice"],
    ["Impersonate-Group", "mcp:sre"],
    ["Impersonate-Group", "mcp:night shift"],
    ["Impersonate-Extra-mcp-record-id", "record-1"],
  ]);
});

Deno.test("the server's own account is sent as it is, and a kubeconfig's other user only there", () => {
  const own = { Authorization: "Bearer t", "impersonate-user": "root", "Impersonate-Group": "system:masters" };
  assert.deepEqual(identityHeaders(SERVER_ACCOUNT, own, "record-1"), Object.entries(own));
  const names = identityHeaders(impersonate(principal("alice"), { prefix: "" }), own, "record-1");
  assert.deepEqual(names, [
    ["Authorization", "Bearer t"],
    ["Impersonate-User", "alice"],
    ["Impersonate-Extra-mcp-record-id", "record-1"],
  ]);
});

Deno.test("who has shown no credential is not impersonated", () => {
  const words = 'Cannot ask the cluster as "default": the caller has shown no credential';
  assert.equal(refusal({ name: "default", authMethod: "none", roles: [] }, "mcp:"), words);
  assert.equal(refusal(principal("default"), "mcp:"), words);
  assert.match(refusal({ name: "alice", authMethod: "none", roles: [] }, ""), /"alice": the caller has shown no/);
});

const RESERVED: readonly (readonly [prefix: string, name: string])[] = [
  ["", "system:admin"],
  ["", "system:masters"],
  ["", "SYSTEM:masters"],
  ["mcp:", "system:masters"],
  ["sys", "tem:masters"],
  ["s", "ystem:"],
  ["system", ":kube-scheduler"],
];

for (const [prefix, name] of RESERVED) {
  Deno.test(`${JSON.stringify(name)} behind ${JSON.stringify(prefix)} is the cluster's own name`, () => {
    assert.match(refusal(principal(name), prefix), /^Cannot ask the cluster as ".*": names that begin with "system:"/);
    assert.match(
      refusal(principal("alice", ["sre", name]), prefix),
      /^Cannot ask the cluster as "alice" in group ".*": names that begin with "system:" are the cluster's own$/,
    );
  });
}

const UNSENDABLE: readonly string[] = [
  "",
  " ",
  "alice ",
  " alice",
  "alice\r\nImpersonate-Group: system:masters",
  "alice\nImpersonate-User: root",
  "alice\r",
  "alice\0",
  "alice\t",
  "alice\u007f",
  "José",
  "аlice", // The first letter is Cyrillic.
  "alice\u2028",
  "alice\ud800",
  "a".repeat(257),
];

for (const name of UNSENDABLE) {
  Deno.test(`${JSON.stringify(name).slice(0, 40)} cannot be sent to the cluster as a name`, () => {
    const words = /: expected 1 to 256 printable ASCII characters without a space at either end$/;
    assert.match(refusal(principal(name), "mcp:"), words);
    const ofGroup = refusal(principal("alice", [name]), "mcp:");
    assert.match(ofGroup, words);
    assert.match(ofGroup, /^Cannot ask the cluster as "alice" in group "/);
    assert(ofGroup.length < 500);
  });
}

Deno.test("a caller of more groups than are sent is refused rather than sent with fewer", () => {
  const groups = Array.from({ length: 257 }, (_, index) => `g${index}`);
  assert.equal(impersonate(principal("alice", groups.slice(1)), { prefix: "" }).groups.length, 256);
  assert.equal(
    refusal(principal("alice", groups), ""),
    'Cannot ask the cluster as "alice": it has 257 groups, and at most 256 are sent',
  );
});

Deno.test("whatever the caller is called, it is refused or sent as it is, never as the cluster's own", () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constantFrom("system:x", "a b", "a,b"));
  fc.assert(fc.property(text, fc.array(text, { maxLength: 3 }), fc.constantFrom("", "mcp:", "sys"), (...given) => {
    const [name, groups, prefix] = given;
    let identity;
    try {
      identity = impersonate(principal(name, groups), { prefix });
    } catch (error) {
      return error instanceof ToolError && error.kind === "forbidden";
    }
    const headers = identityHeaders(identity, {}, "record-1");
    const sent = headers.map(([name, value]) => new Headers([[name, value]]).get(name));
    return headers.length === groups.length + 2 &&
      headers.every(([name, value], index) => sent[index] === value && !value.startsWith("system:") && name !== "") &&
      sent[0] === `${prefix}${name}`;
  }));
});

Deno.test("every caller has a key of its own", () => {
  const keys = [
    principal("alice"),
    principal("bob"),
    principal("alice", ["bob"]),
    principal("alice", ["b", "ob"]),
    principal("alice", ["b,ob"]),
    principal("alice", ['b","ob']),
  ].map((given) => impersonate(given, { prefix: "" }).key);
  assert.equal(new Set([...keys, SERVER_ACCOUNT.key]).size, 7);
  assert.equal(impersonate(principal("alice"), { prefix: "" }).key, keys[0]);
});

Deno.test("a prefix that no name could be sent with stops the start", () => {
  for (const prefix of ["", "mcp:", "https://issuer.example#", "a b"]) checkImpersonation({ prefix });
  for (const prefix of ["system:", "system:serviceaccount:", " mcp:", "mcp: ", "mcp:\n", "ä:", "x".repeat(257)]) {
    assert.throws(() => checkImpersonation({ prefix }), /^Error: Invalid setting KUBE_IMPERSONATE_PREFIX="/);
  }
});
