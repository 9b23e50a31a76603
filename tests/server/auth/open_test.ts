import assert from "node:assert/strict";
import { warnOfExposure } from "../../../server/auth/exposure.ts";
import { openPolicy } from "../../../server/auth/open_policy.ts";
import { type Authorizer, openAuthorizer } from "../../../tools/authorizer.ts";
import { startEdge } from "../edge.ts";

Deno.test("a server that everyone may use warns loudly, where everyone can reach it", () => {
  const cases: readonly (readonly ["none" | "token" | "oidc", HOST: string, boolean])[] = [
    ["none", "0.0.0.0", true],
    ["none", "::", true],
    ["none", "10.0.0.5", true],
    ["none", "mcp.ops.example", true],
    ["none", "127.0.0.1", false],
    ["none", "127.0.0.2", false],
    ["none", "::1", false],
    ["none", "localhost", false],
    ["none", "localhost.example", true],
    ["token", "0.0.0.0", false],
    ["oidc", "0.0.0.0", false],
  ];
  for (const [AUTH_MODE, HOST, isLoud] of cases) {
    const lines: string[] = [];
    warnOfExposure({ AUTH_MODE, HOST }, { warn: (line) => lines.push(line) });
    assert.equal(lines.length, isLoud ? 1 : 0, `${AUTH_MODE} ${HOST}`);
    if (isLoud) assert(lines[0]?.includes(`bound to ${HOST}: everyone who can reach it may call every tool`), HOST);
  }
});

Deno.test("the policy is none for the open lab, the built-in one where callers are known, and the file's where there is one", async () => {
  const open = await openPolicy({ AUTH_MODE: "none", POLICY_FILE: undefined }, undefined);
  assert.equal(open.authorizer, openAuthorizer);
  const nobody = { name: "nobody", authMethod: "token", roles: [] } as const;
  const admin = { name: "root", authMethod: "token", roles: ["admin"] } as const;
  for (const AUTH_MODE of ["token", "oidc"] as const) {
    const { authorizer } = await openPolicy({ AUTH_MODE, POLICY_FILE: undefined }, undefined);
    assert.equal(authorizer.mayEnter(nobody, "metrics").allowed, false);
    assert.equal(authorizer.mayEnter(admin, "metrics").allowed, true);
  }
  const path = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(path, '{"roles":{"admin":{"tools":["*"],"doors":["lab"]}},"default":["admin"]}');
    for (const AUTH_MODE of ["none", "token"] as const) {
      const { authorizer } = await openPolicy({ AUTH_MODE, POLICY_FILE: path }, undefined);
      assert.deepEqual(
        [authorizer.mayEnter(nobody, "lab").allowed, authorizer.mayEnter(admin, "metrics").allowed],
        [true, false],
      );
    }
    await Deno.writeTextFile(path, '{"roles":{"admin":{"tools":["*"],"door":["lab"]}}}');
    await assert.rejects(openPolicy({ AUTH_MODE: "none", POLICY_FILE: path }, undefined), {
      name: "SettingError",
      message: /^Invalid setting POLICY_FILE="[^"]+": roles\.admin\.door: /,
    });
    await Deno.writeTextFile(path, '{"roles":{"v":{"tools":["*"],"clusters":["prod"]}}}');
    const ofClusters = (names: readonly string[] | undefined) =>
      openPolicy({ AUTH_MODE: "none", POLICY_FILE: path }, names && { names, default: "test" });
    for (const names of [undefined, ["test"]]) {
      await assert.rejects(ofClusters(names), /: roles\.v\.clusters.*KUBE_CONTEXTS/);
    }
    assert.deepEqual((await ofClusters(["test", "prod"])).policy?.clusters?.names, ["test", "prod"]);
  } finally {
    await Deno.remove(path);
  }
  await assert.rejects(openPolicy({ AUTH_MODE: "token", POLICY_FILE: "/no/such/file" }, undefined), {
    message: /^Invalid setting POLICY_FILE="\/no\/such\/file": /,
  });
});

Deno.test("with AUTH_MODE none a policy file closes doors to everyone, and nothing asks for a credential", async () => {
  const authorizer: Authorizer = {
    ...openAuthorizer,
    mayEnter: ({ name }, door) =>
      door === "lab"
        ? { allowed: true, rule: "guest.doors", limits: {} }
        : { allowed: false, rule: "guest.doors", reason: `role "guest" of ${name} does not have this door` },
  };
  await using edge = await startEdge({ authorizer });
  for (const [path, status] of [["/metrics", 403], ["/dashboard", 403], ["/health", 200], ["/live", 200]] as const) {
    const response = await fetch(`${edge.url}${path}`, { headers: { authorization: "Bearer what-ever" } });
    const text = await response.text();
    assert.equal(response.status, status, path);
    assert.equal(response.headers.get("www-authenticate"), null);
    if (status === 403) assert.equal(JSON.parse(text).rule, "guest.doors");
  }
  assert.match(await edge.metrics.print(), /mcp_refusals_total\{reason="door"\} 2\n/);
});
