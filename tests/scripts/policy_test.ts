import assert from "node:assert/strict";
import deno from "../../deno.json" with { type: "json" };
import { systemClock } from "../../storage/clock.ts";
import { openDatabase } from "../../storage/embedded/database.ts";
import { createEmbeddedTokenStore } from "../../storage/embedded/token_store.ts";
import { policyJsonSchema } from "../../tools/policy/schema.ts";
import { tokenRecord } from "../contracts/token_store.ts";
import { freePort } from "../services/process.ts";
import { SERVER_FLAGS } from "../services/server.ts";
import { policyTask } from "../../scripts/policy/task.ts";
import { runHere } from "./here.ts";
import { runPolicy } from "./policy.ts";

const EXAMPLE = "docs/policy.example.json";
const OIDC = { AUTH_MODE: "oidc", PUBLIC_URL: "https://mcp.ops.example", OIDC_ISSUER: "https://id.ops.example" };

/** A folder of a test's own. */
async function openFolder() {
  const path = await Deno.makeTempDir({ prefix: "policy-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

Deno.test("the task policy has the rights of a server, no more", () => {
  assert.equal(deno.tasks.policy.command, `deno run ${SERVER_FLAGS.join(" ")} scripts/policy.ts`);
});

Deno.test("explain prints the decision, its rule, the roles and the limits, and its exit code is the decision", async (t) => {
  const asBob = (tool: string, args: unknown) => ["--as", "bob", "--tool", tool, "--args", JSON.stringify(args)];
  const cases: readonly (readonly [
    args: readonly string[],
    settings: Record<string, string>,
    code: number,
    lines: readonly string[],
  ])[] = [
    [asBob("k8s.list_pods", { namespace: "shop-1" }), { ...OIDC, POLICY_FILE: EXAMPLE }, 1, [
      "bob may not call k8s.list_pods: no role",
      "  rule    no role",
      "  roles   none",
      `  policy  ${EXAMPLE}`,
    ]],
    [
      ["--role", "incident-agent", ...asBob("logs.search", { namespace: "shop-1", since_seconds: 60 })],
      { ...OIDC, POLICY_FILE: EXAMPLE, RATE_LIMIT_TOOL_PER_MINUTE: "500" },
      0,
      [
        "bob may call logs.search",
        "  rule    incident-agent",
        "  roles   incident-agent",
        `  policy  ${EXAMPLE}`,
        "  limits  30 calls a minute of this tool (incident-agent.callsPerMinute), " +
        "500 calls a minute of this tool by all callers (RATE_LIMIT_TOOL_PER_MINUTE), " +
        "2000000 tokens of results an hour (incident-agent.tokensPerHour)",
      ],
    ],
    [
      ["--group", "engineering", "--role", "nobody", ...asBob("ctx.set", { key: "a", value: 1 })],
      { ...OIDC, POLICY_FILE: EXAMPLE },
      1,
      [
        'bob may not call ctx.set: role "viewer" only reads, and this tool does not',
        "  rule    viewer.readOnly",
        "  roles   viewer",
        "  unknown nobody",
        `  policy  ${EXAMPLE}`,
      ],
    ],
    [["--role", "viewer", ...asBob("ctx.get", { key: "a" })], OIDC, 0, [
      "bob may call ctx.get",
      "  rule    viewer",
      "  roles   viewer",
      "  policy  the built-in policy",
      "  limits  600 calls a minute of this tool (RATE_LIMIT_PER_MINUTE)",
    ]],
    [
      ["--as", "default", "--tool", "ctx.set", "--args", '{"key": "a", "value": 1}'],
      { RATE_LIMIT_PER_MINUTE: "0" },
      0,
      [
        "default may call ctx.set",
        "  rule    open",
        "  roles   none",
        "  policy  none, since AUTH_MODE=none and POLICY_FILE is not set",
        "  limits  none",
      ],
    ],
    [["--role", "viewer", "--as", "bob", "--tool", "k8s.list_pods"], OIDC, 2, [
      "bob may call k8s.list_pods",
      "  rule    viewer",
      "  roles   viewer",
      "  policy  the built-in policy",
      "  limits  600 calls a minute of this tool (RATE_LIMIT_PER_MINUTE)",
      "Invalid arguments for k8s.list_pods: namespace: expected string, but got nothing: the tool alone decided",
    ]],
  ];
  for (const [args, settings, code, lines] of cases) {
    await t.step(args.join(" "), async () => {
      const run = await runHere(policyTask, ["explain", ...args], settings);
      assert.deepEqual({ ...run, stdout: run.stdout.split("\n") }, { code, stdout: [...lines, ""], stderr: "" });
    });
  }
});

Deno.test("explain --json has the arguments as the tool would get them", async () => {
  const args = ["--as", "bob", "--role", "lab-agent", "--tool", "logs.search", "--args", '{"namespace": "mcp-lab"}'];
  const { code, stdout } = await runPolicy(["explain", "--json", ...args], { ...OIDC, POLICY_FILE: EXAMPLE });
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(stdout), {
    allowed: true,
    rule: "lab-agent",
    principal: "bob",
    tool: "logs.search",
    args: { namespace: "mcp-lab", previous: false },
    roles: ["lab-agent"],
    unknownRoles: [],
    policy: EXAMPLE,
    limits: {
      callsPerMinute: { value: 600, rule: "RATE_LIMIT_PER_MINUTE" },
      callsOfPrincipalPerMinute: { value: 0, rule: "RATE_LIMIT_PRINCIPAL_PER_MINUTE" },
      callsOfToolPerMinute: { value: 0, rule: "RATE_LIMIT_TOOL_PER_MINUTE" },
      tokensPerHour: { value: 200_000, rule: "lab-agent.tokensPerHour" },
    },
  });
});

Deno.test("explain knows the roles of a caller's API keys, of the store and of TOKENS_FILE", async (t) => {
  await using folder = await openFolder();
  const { path } = folder;
  const database = openDatabase(path);
  const nowMs = Date.now();
  try {
    const store = createEmbeddedTokenStore(database, systemClock);
    const key = (id: string, name: string, roles: readonly string[], expiresAtMs?: number) =>
      store.add(tokenRecord(id, { name, roles, createdAtMs: nowMs, expiresAtMs }));
    await key("alice00000000000", "alice", ["viewer"], nowMs - 1000);
    await key("alice00000000001", "alice", ["operator", "viewer"]);
    await key("alice00000000002", "alice", ["viewer", "operator"], nowMs + 600_000);
    await key("mixed00000000000", "mixed", ["viewer"]);
    await key("mixed00000000001", "mixed", ["operator"]);
  } finally {
    database.close();
  }
  const tokensFile = `${path}/tokens.json`;
  const inFile = { id: "inthefile0000000", name: "filed", roles: ["viewer"], sha256: "0".repeat(64) };
  await Deno.writeTextFile(tokensFile, JSON.stringify({ tokens: [inFile] }));
  const settings = { AUTH_MODE: "token", DATA_DIR: path, TOKENS_FILE: tokensFile };
  const explain = (name: string, ...more: readonly string[]) =>
    runPolicy(["explain", "--as", name, "--tool", "ctx.set", "--args", '{"key": "a", "value": 1}', ...more], settings);

  await t.step("keys that are being rotated have the same roles; one that has expired counts for nothing", async () => {
    const { code, stdout, stderr } = await explain("alice");
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^alice may call ctx\.set\n {2}rule {4}operator\n {2}roles {3}operator, viewer\n/);
  });
  await t.step("a key of TOKENS_FILE", async () => {
    const { code, stdout } = await explain("filed");
    assert.equal(code, 1);
    assert.match(stdout, /viewer\.readOnly/);
  });
  await t.step("keys with different roles: it must be said which", async () => {
    assert.deepEqual(await explain("mixed"), {
      code: 2,
      stdout: "",
      stderr: 'ERROR: The API keys of "mixed" have different roles: mixed00000000000 has viewer; ' +
        "mixed00000000001 has operator: expected --role\n",
    });
    assert.equal((await explain("mixed", "--role", "operator")).code, 0);
  });
  await t.step("no key", async () => {
    const { code, stderr } = await explain("nobody");
    assert.equal(code, 1);
    assert.equal(stderr, 'No API key stands for "nobody": --role says which roles one would have\n');
  });
});

Deno.test("explain makes no database, and says where the keys cannot be read", async () => {
  await using folder = await openFolder();
  const { path } = folder;
  const call = ["explain", "--as", "alice", "--tool", "ctx.get", "--args", '{"key": "a"}'];
  assert.equal((await runPolicy(call, { AUTH_MODE: "token", DATA_DIR: `${path}/none` })).code, 1);
  assert.deepEqual([...Deno.readDirSync(path)], []);
  const REDIS_URL = `redis://127.0.0.1:${await freePort()}`;
  const { code, stdout, stderr } = await runPolicy(call, { AUTH_MODE: "token", REDIS_URL });
  assert.deepEqual([code, stdout], [2, ""]);
  assert.match(stderr, /^ERROR: Cannot list .*: expected --role, since the roles of API keys cannot be read\n$/);
});

Deno.test("what cannot be explained is refused in words", async (t) => {
  await using folder = await openFolder();
  const { path } = folder;
  await Deno.writeTextFile(`${path}/wrong.json`, '{"roles": {"v": {"tols": ["*"]}}}');
  const call = ["explain", "--as", "a", "--tool", "ctx.get"];
  const cases: readonly (readonly [args: readonly string[], message: RegExp, settings?: Record<string, string>])[] = [
    [["explain"], /^ERROR: Cannot explain without --as: /],
    [["explain", "--as", "a"], /^ERROR: Cannot explain without --tool: /],
    [["explain", "--as", "a", "--tool", "CTX.get"], /^ERROR: Unknown tool "CTX\.get": did you mean ctx\.get/],
    [["explain", "--as", "a", "--tool", "__proto__"], /^ERROR: Unknown tool "__proto__": expected one of mcp\.tools/],
    [[...call, "--args", "{key}"], /^ERROR: Invalid --args "\{key\}": expected JSON: /],
    [[...call, "--rule", "x"], /^ERROR: Unknown option '--rule'/],
    [["expain"], /^ERROR: Unknown command "expain"/],
    [call, /^ERROR: Invalid setting AUTH_MODE="maybe": /, { AUTH_MODE: "maybe" }],
    [call, /^ERROR: Invalid setting POLICY_FILE="nowhere\.json": /, { POLICY_FILE: "nowhere.json" }],
    [
      call,
      /^ERROR: Invalid setting POLICY_FILE=.*: roles\.v\.tools: expected a list, but got nothing\nroles\.v\.tols: /,
      {
        POLICY_FILE: `${path}/wrong.json`,
      },
    ],
    [["check"], /^ERROR: Cannot tell which policy to check: expected FILE or POLICY_FILE\n$/],
    [["check", "nowhere.json"], /^ERROR: Cannot read "nowhere\.json": /],
    [["schema", "--x"], /^ERROR: Unknown option '--x'/],
  ];
  for (const [args, message, settings] of cases) {
    await t.step(args.join(" "), async () => {
      const { code, stdout, stderr } = await runHere(policyTask, args, settings);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, message);
    });
  }
});

Deno.test("check says whether a file is a policy, and warns of slips", async () => {
  await using folder = await openFolder();
  const { path } = folder;
  assert.deepEqual(await runPolicy(["check"], { POLICY_FILE: EXAMPLE }), {
    code: 0,
    stdout: `${EXAMPLE} is a policy of 5 roles\n`,
    stderr: "",
  });
  const slip = `${path}/slip.json`;
  await Deno.writeTextFile(slip, '{"roles": {"v": {"tools": ["ctx_get"]}}}');
  assert.deepEqual(await runPolicy(["check", slip]), {
    code: 0,
    stdout: `${slip} is a policy of 1 role\n`,
    stderr: 'WARNING: roles.v.tools[0]: no tool fits "ctx_get"\n',
  });
  const wrong = `${path}/wrong.json`;
  await Deno.writeTextFile(wrong, '{"roles": {"v": {"tools": ["*"]}, "v": {"tools": ["*"]}}}');
  assert.deepEqual(await runPolicy(["check", wrong]), {
    code: 1,
    stdout: `${wrong} is no policy:\nroles.v: expected each member once, but got "v"\n`,
    stderr: "",
  });
});

Deno.test("explain and check know the clusters of KUBE_CONTEXTS", async () => {
  await using folder = await openFolder();
  const at = (name: string) => `${folder.path}/${name}`;
  const contexts = ["test", "prod"].map((name) => ({ name, context: { cluster: "c", user: "u" } }));
  await Deno.writeTextFile(at("config"), JSON.stringify({ "current-context": "test", contexts }));
  const roles = {
    plain: { tools: ["*"] },
    prod: { tools: ["*"], clusters: ["prod"], arguments: { "k8s.*": { cluster: { oneOf: ["prod"] } } } },
  };
  await Deno.writeTextFile(at("policy.json"), JSON.stringify({ roles }));
  const one = { ...OIDC, POLICY_FILE: at("policy.json") };
  const several = { ...one, KUBECONFIG: at("config"), KUBE_CONTEXTS: "all" };
  const explain = async (role: string, args: unknown) => {
    const call = ["--as", "bob", "--role", role, "--tool", "k8s.list_pods", "--args", JSON.stringify(args), "--json"];
    const { code, stdout } = await runHere(policyTask, ["explain", ...call], several);
    return [code, JSON.parse(stdout).rule];
  };
  const namespace = "mcp-lab";
  assert.deepEqual(await explain("plain", { namespace }), [0, "plain"]);
  assert.deepEqual(await explain("plain", { namespace, cluster: "prod" }), [1, "plain.clusters"]);
  assert.deepEqual(await explain("prod", { namespace, cluster: "prod" }), [0, "prod"]);
  assert.deepEqual(await explain("prod", { namespace }), [1, "prod.clusters"]);
  assert.deepEqual(await runHere(policyTask, ["check"], several), {
    code: 0,
    stdout: `${at("policy.json")} is a policy of 2 roles\n`,
    stderr: "",
  });
  const { code, stdout } = await runHere(policyTask, ["check"], one);
  assert.equal(code, 1);
  assert.match(stdout, /roles\.prod\.clusters: expected none while KUBE_CONTEXTS is not set, but got \["prod"\]/);
});

Deno.test("schema prints the schema, and every command has its help", async () => {
  assert.deepEqual(JSON.parse((await runPolicy(["schema"])).stdout), policyJsonSchema());
  for (const args of [[], ["--help"], ["explain", "--help"], ["check", "-h"], ["schema", "--help"]]) {
    const { code, stdout, stderr } = await runHere(policyTask, args);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /deno task policy/);
  }
});
