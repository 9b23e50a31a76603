import assert from "node:assert/strict";
import type { Clusters } from "../../../tools/clusters.ts";
import { parsePolicy } from "../../../tools/policy/parse.ts";

async function refusal(text: string, clusters?: Clusters): Promise<string> {
  try {
    await parsePolicy(text, clusters);
  } catch (error) {
    assert(error instanceof Error && error.name === "PolicyError", String(error));
    return error.message;
  }
  throw new assert.AssertionError({ message: `Took ${text}` });
}

/** A policy of one role; what is given stands in the role. */
const role = (members: string) => `{"roles": {"v": {"tools": ["*"], ${members}}}}`;
/** A policy of one role and more. */
const beside = (members: string) => `{"roles": {"v": {"tools": ["*"]}}, ${members}}`;
const constraint = (rules: string) => role(`"arguments": {"ctx.*": {"key": ${rules}}}`);

const GLOB = "expected a tool's name, in which * stands for any characters, such as k8s.*";
const NAMESPACE = "expected a namespace's name, in which * stands for any characters, such as shop-*";
const CLUSTER = "expected a cluster's name, in which * stands for any characters, such as test-*";
const ROLE = "expected a role's name: a letter, then up to 63 letters, digits and _.:@/-";
const KEY = 'roles.v.arguments["ctx.*"].key';

const BAD: readonly (readonly [what: string, text: string, message: string])[] = [
  ["a list", "[]", "policy: expected an object, but got []"],
  ["null", "null", "policy: expected an object, but got null"],
  ["no roles", "{}", "roles: expected an object, but got nothing"],
  ["a role without tools", '{"roles": {"v": {}}}', "roles.v.tools: expected a list, but got nothing"],
  [
    "a deny rule for no tool",
    beside('"deny": [{"tools": []}]'),
    "deny[0].tools: expected at least one of the tools, such as k8s.*, but got []",
  ],
  ["a tool that is no list", '{"roles": {"v": {"tools": "*"}}}', 'roles.v.tools: expected a list, but got "*"'],
  ["a glob with a space", '{"roles": {"v": {"tools": ["a", "a b"]}}}', `roles.v.tools[1]: ${GLOB}, but got "a b"`],
  ["a glob with ?", '{"roles": {"v": {"tools": ["ctx.?"]}}}', `roles.v.tools[0]: ${GLOB}, but got "ctx.?"`],
  [
    "a glob twice",
    '{"roles": {"v": {"tools": ["*", "*"]}}}',
    'roles.v.tools[1]: expected each entry once, but got "*"',
  ],
  [
    "an unknown member",
    beside('"rolse": {}'),
    'rolse: expected no such member (did you mean "roles"?), but got {}',
  ],
  [
    "an unknown member of a role",
    role('"namespace": ["a"]'),
    'roles.v.namespace: expected no such member (did you mean "namespaces"?), but got ["a"]',
  ],
  [
    "an unknown member of a deny rule",
    beside('"deny": [{"tools": ["a"], "resaon": "x"}]'),
    'deny[0].resaon: expected no such member (did you mean "reason"?), but got "x"',
  ],
  ["a namespace in capitals", role('"namespaces": ["MCP"]'), `roles.v.namespaces[0]: ${NAMESPACE}, but got "MCP"`],
  [
    "no namespace",
    role('"namespaces": []'),
    "roles.v.namespaces: expected at least one of the namespaces, such as shop-*, but got []",
  ],
  ["a cluster without a name", role('"clusters": [""]'), `roles.v.clusters[0]: ${CLUSTER}, but got ""`],
  [
    "no cluster",
    role('"clusters": []'),
    "roles.v.clusters: expected at least one of the clusters, such as test-*, but got []",
  ],
  [
    "clusters where the server asks one alone",
    role('"clusters": ["*"]'),
    'roles.v.clusters: expected none while KUBE_CONTEXTS is not set, but got ["*"]',
  ],
  ["a role's name with a space", '{"roles": {"a b": {"tools": ["*"]}}}', `roles["a b"]: ${ROLE}, but got "a b"`],
  ["a role's name that is a number", '{"roles": {"1": {"tools": ["*"]}}}', `roles["1"]: ${ROLE}, but got "1"`],
  [
    "a role twice",
    '{"roles": {"v": {"tools": ["*"], "readOnly": true}, "v": {"tools": ["*"]}}}',
    'roles.v: expected each member once, but got "v"',
  ],
  [
    "a member twice, once escaped",
    String.raw`{"roles": {"v": {"tools": ["a"], "\u0074ools": ["*"]}}}`,
    'roles.v.tools: expected each member once, but got "tools"',
  ],
  [
    "a member that zod's objects leave out",
    beside('"__proto__": {"readOnly": true}'),
    '__proto__: expected no such member, but got {"readOnly":true}',
  ],
  [
    "a role that zod's records leave out",
    '{"roles": {"__proto__": {"tools": ["*"]}}}',
    'roles.__proto__: expected no such member, but got {"tools":["*"]}',
  ],
  [
    "unknown roles of principals",
    beside('"principals": {"bob": ["v", "w"]}'),
    'principals.bob[1]: expected a role of this policy, but got "w"',
  ],
  [
    "unknown roles of groups",
    beside('"groups": {"a b": ["constructor"]}'),
    'groups["a b"][0]: expected a role of this policy, but got "constructor"',
  ],
  ["unknown roles by default", beside('"default": ["x"]'), 'default[0]: expected a role of this policy, but got "x"'],
  ["a default that is no list", beside('"default": "v"'), 'default: expected a list, but got "v"'],
  ["a principal without a name", beside('"principals": {"": ["v"]}'), 'principals[""]: expected a name, but got ""'],
  [
    "a pattern that RE2 does not have",
    constraint('{"pattern": "(?=a)"}'),
    `${KEY}.pattern: expected a regular expression: invalid or unsupported Perl syntax: \`(?=\` ` +
    '(RE2 syntax, without look-around and back-references), but got "(?=a)"',
  ],
  [
    "a pattern that costs too much",
    constraint('{"pattern": "(a{1,100}){1,10}"}'),
    `${KEY}.pattern: expected a regular expression: it is too large: use smaller counts in {…}, but got "(a{1,100}){1,10}"`,
  ],
  ["an empty constraint", constraint("{}"), `${KEY}: expected what the argument may be, such as oneOf, but got {}`],
  [
    "a constraint that nothing holds",
    constraint('{"min": 5, "max": 1}'),
    `${KEY}: expected min to be no larger than max, but got {"min":5,"max":1}`,
  ],
  [
    "a list as a value",
    constraint('{"oneOf": [["a"]]}'),
    `${KEY}.oneOf[0]: expected text or a number or true or false or null, but got ["a"]`,
  ],
  ["a limit below 0", role('"callsPerMinute": -1'), "roles.v.callsPerMinute: expected at least 0, but got -1"],
  [
    "a limit in words",
    role('"callsPerMinute": "many"'),
    'roles.v.callsPerMinute: expected a number or an object, but got "many"',
  ],
  [
    "a limit for no tool",
    role('"callsPerMinute": {"a b": 1}'),
    `roles.v.callsPerMinute["a b"]: ${GLOB}, but got "a b"`,
  ],
  [
    "a limit by tool in words",
    role('"callsPerMinute": {"a": "x"}'),
    'roles.v.callsPerMinute.a: expected a number, but got "x"',
  ],
  ["half a token", role('"tokensPerHour": 1.5'), "roles.v.tokensPerHour: expected a whole number, but got 1.5"],
  [
    "no such door",
    role('"doors": ["kitchen"]'),
    'roles.v.doors[0]: expected one of "dashboard", "metrics", "lab", "audit", but got "kitchen"',
  ],
  ["a word for true", role('"readOnly": "yes"'), 'roles.v.readOnly: expected true or false, but got "yes"'],
  [
    "a deny rule without tools",
    beside('"deny": [{"namespaces": ["a"]}]'),
    "deny[0].tools: expected a list, but got nothing",
  ],
];

for (const [what, text, message] of BAD) {
  Deno.test(`a policy with ${what} is refused, by its place, what was expected and what came`, async () => {
    assert.equal(await refusal(text), message);
  });
}

Deno.test("a role's cluster is one that there is, or a glob", async () => {
  const clusters: Clusters = { names: ["test", "prod-eu"], default: "test" };
  assert.equal(
    await refusal(role('"clusters": ["prod-eu", "stage-*", "prod-us", "Test"]'), clusters),
    ["prod-us", "Test"].map((name, index) =>
      `roles.v.clusters[${index + 2}]: expected one of KUBE_CONTEXTS: "test", "prod-eu", but got "${name}"`
    ).join("\n"),
  );
  const text = role('"clusters": ["prod-eu", "stage-*", "*"]');
  assert.deepEqual((await parsePolicy(text, clusters)).document, JSON.parse(text));
});

Deno.test("every problem of a policy is told at once, up to a bound", async () => {
  const message = await refusal('{"roles": {"v": {"tols": ["*"]}}, "readOnly": 1, "x": 2}');
  assert.deepEqual(
    message.split("\n").sort(),
    [
      "readOnly: expected true or false, but got 1",
      "roles.v.tools: expected a list, but got nothing",
      'roles.v.tols: expected no such member (did you mean "tools"?), but got ["*"]',
      "x: expected no such member, but got 2",
    ].sort(),
  );
  const tools = JSON.stringify(Array.from({ length: 500 }, (_, index) => `a ${index}`));
  const many = (await refusal(`{"roles": {"v": {"tools": ${tools}}}}`)).split("\n");
  assert.deepEqual([many.length, many.at(-1)], [21, "and 480 more"]);
});

Deno.test("text that is no JSON is no policy, nor is one without end", async () => {
  for (const text of ["", "{", "roles:\n  v: {}", '{"roles": {}} {}', '{"roles": {},}']) {
    assert.match(await refusal(text), /^policy: expected JSON, but got /);
  }
  assert.match(await refusal(" ".repeat(1_048_577)), /^policy: expected at most 1048576 characters/);
});

Deno.test("all that a policy may say is read", async () => {
  const document = {
    $schema: "https://mcp.ops.example/policy.schema.json",
    readOnly: false,
    deny: [{ tools: ["k8s.*"], namespaces: ["kube-*"], reason: "by hand" }],
    roles: {
      "Ops:team/a.b@c-d_1": {
        description: "The team",
        tools: ["*"],
        except: ["ctx.set"],
        namespaces: ["*", "a-*"],
        arguments: {
          "ctx.*": {
            key: { oneOf: ["a", 1, true, null], glob: ["a*"], pattern: "a.*", maxLength: 5, absent: false },
            n: { min: 1, max: 1 },
          },
        },
        readOnly: true,
        callsPerMinute: { "ctx.*": 5, "*": 0 },
        tokensPerHour: 100_000,
        doors: ["dashboard", "metrics", "lab", "audit"],
      },
    },
    principals: { "auth0|7": ["Ops:team/a.b@c-d_1"] },
    groups: { "a group": ["Ops:team/a.b@c-d_1"] },
    default: ["Ops:team/a.b@c-d_1"],
  };
  assert.deepEqual((await parsePolicy(JSON.stringify(document))).document, document);
  for (const least of ['{"roles": {}}', '{"roles": {"scraper": {"tools": [], "doors": ["metrics"]}}}']) {
    assert.deepEqual((await parsePolicy(least)).document, JSON.parse(least));
  }
});
