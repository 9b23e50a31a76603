import assert from "node:assert/strict";
import type { OidcOptions } from "../../../../server/auth/oidc/authenticator.ts";
import { claimAt } from "../../../../server/auth/oidc/claims.ts";
import { startBench } from "./setup.ts";

type Row = readonly [
  name: string,
  claims: Readonly<Record<string, unknown>>,
  result: unknown,
  options?: Partial<OidcOptions>,
];

const many = (count: number) => Array.from({ length: count }, (_, index) => `role-${index}`);

const ROLES: readonly Row[] = [
  ["a list", { roles: ["viewer", "operator"] }, ["viewer", "operator"]],
  ["a text with spaces", { roles: " viewer  operator" }, ["viewer", "operator"]],
  ["one twice", { roles: ["viewer", "viewer"] }, ["viewer"]],
  ["none", {}, []],
  ["null, as Go prints an empty list", { roles: null }, []],
  ["as many as may be", { roles: many(64) }, many(64)],
  ["a role with a space, in a list", { roles: ["on call"] }, ["on call"]],
  ["Keycloak's", { realm_access: { roles: ["admin"] } }, ["admin"], { rolesClaim: "realm_access.roles" }],
  [
    "Keycloak's of a client with dots in its name",
    { resource_access: { "mcp.ops.example": { roles: ["admin"] } } },
    ["admin"],
    { rolesClaim: "resource_access.mcp.ops.example.roles" },
  ],
  [
    "a claim that is named by a URL",
    { "https://ops.example/roles": ["admin"] },
    ["admin"],
    { rolesClaim: "https://ops.example/roles" },
  ],
  ["nothing inherited", {}, [], { rolesClaim: "constructor.name" }],
  ["one too many", { roles: many(65) }, "The claim roles lists 65, expected at most 64"],
  ["a number", { roles: 7 }, "The claim roles is neither a list of texts nor a text"],
  ["an object", { roles: { admin: true } }, "The claim roles is neither a list of texts nor a text"],
  ["a list of lists", { roles: [["admin"]] }, "The claim roles is neither a list of texts nor a text"],
  ...["", "r".repeat(129), "ad\nmin", "ad\u200bmin", "\u202eadmin", "\ud800"].map((role): Row => [
    `the role ${JSON.stringify(role)}`,
    { roles: [role] },
    "The claim roles lists one that is no printable text of 1 to 128 characters",
  ]),
];

Deno.test("roles are read from the claim that the operator names", async (t) => {
  for (const [name, claims, expected, options] of ROLES) {
    await t.step(name, async () => {
      await using bench = await startBench(options);
      const verdict = await bench.authenticator.verify(await bench.issuer.token(claims));
      if (verdict.kind === "accepted") return assert.deepEqual(verdict.identity.principal.roles, expected);
      assert.deepEqual(verdict, { kind: "refused", fault: "claims", description: expected });
    });
  }
});

Deno.test("groups are read likewise, as many as Entra puts into a token", async (t) => {
  const rows: readonly Row[] = [
    ["none", {}, undefined],
    ["an empty list", { groups: [] }, []],
    ["200", { groups: many(200) }, many(200)],
    ["257", { groups: many(257) }, "The claim groups lists 257, expected at most 256"],
    ["a number", { groups: 1 }, "The claim groups is neither a list of texts nor a text"],
    ["another claim", { wids: ["a"] }, ["a"], { groupsClaim: "wids" }],
  ];
  for (const [name, claims, expected, options] of rows) {
    await t.step(name, async () => {
      await using bench = await startBench(options);
      const verdict = await bench.authenticator.verify(await bench.issuer.token(claims));
      if (verdict.kind === "accepted") return assert.deepEqual(verdict.identity.principal.groups, expected);
      assert.deepEqual(verdict, { kind: "refused", fault: "claims", description: expected });
    });
  }
});

const UNPRINTABLE = "The claim sub is no printable text of 1 to 128 characters";
const ALIKE = "The claim sub begins or ends with a space, or is not in Unicode's composed form (NFC)";
const OWN = "The claim sub is a name that the server itself uses";

Deno.test("a principal has a name that nobody else has, or is refused", async (t) => {
  const rows: readonly Row[] = [
    ["the subject", { sub: "248289761001" }, "248289761001"],
    ["128 characters", { sub: "n".repeat(128) }, "n".repeat(128)],
    ["spaces and letters of any script", { sub: "Zoë 王" }, "Zoë 王"],
    ["another claim", { preferred_username: "alice@ops.example" }, "alice@ops.example", {
      nameClaim: "preferred_username",
    }],
    ["a nested claim", { user: { id: "7f" } }, "7f", { nameClaim: "user.id" }],
    ["a verified address", { email: "a@ops.example", email_verified: true }, "a@ops.example", { nameClaim: "email" }],
    ["an address of an issuer that verifies all", { email: "a@ops.example" }, "a@ops.example", { nameClaim: "email" }],
    [
      "an address that nobody verified",
      { email: "a@ops.example", email_verified: false },
      "The claim email is not verified: email_verified is not true",
      { nameClaim: "email" },
    ],
    ["no claim of that name, with a subject", {}, "The claim upn, which names the principal, is no text", {
      nameClaim: "upn",
    }],
    ["a number", { sub: 7 }, "The claim sub, which names the principal, is no text"],
    ["a list", { sub: ["alice"] }, "The claim sub, which names the principal, is no text"],
    ["default", { sub: "default" }, OWN],
    ["everyone", { sub: "*" }, OWN],
    ["nothing", { sub: "" }, UNPRINTABLE],
    ["129 characters", { sub: "n".repeat(129) }, UNPRINTABLE],
    ["a control character", { sub: "ali\0ce" }, UNPRINTABLE],
    ["a line end", { sub: "alice\nINFO: fine" }, UNPRINTABLE],
    ["a line end of Unicode", { sub: "alice\u2028" }, UNPRINTABLE],
    ["a zero-width space", { sub: "alice\u200b" }, UNPRINTABLE],
    ["another direction of writing", { sub: "\u202eecila" }, UNPRINTABLE],
    ["half a surrogate pair", { sub: "alice\ud83d" }, UNPRINTABLE],
    ["a space at its end", { sub: "alice " }, ALIKE],
    ["a no-break space at its start", { sub: "\u00a0alice" }, ALIKE],
    ["a letter and its accent apart", { sub: "Zoe\u0308" }, ALIKE],
  ];
  for (const [name, claims, expected, options] of rows) {
    await t.step(name, async () => {
      await using bench = await startBench(options);
      const verdict = await bench.authenticator.verify(await bench.issuer.token(claims));
      if (verdict.kind === "accepted") return assert.deepEqual(verdict.identity.principal.name, expected);
      assert.deepEqual(verdict, { kind: "refused", fault: "claims", description: expected });
    });
  }
});

Deno.test("a claim's whole name is looked for before its dots are", () => {
  const claims = { "a.b": 1, a: { b: 2, "b.c": 3 }, "a.b.d": { e: 4 } };
  const rows: readonly (readonly [path: string, value: unknown])[] = [
    ["a.b", 1],
    ["a.b.c", 3],
    ["a.b.d.e", 4],
    ["a.x", undefined],
    ["a.b.c.d", undefined],
    ["__proto__.polluted", undefined],
    ["a.toString", undefined],
    ["", undefined],
    [".", undefined],
  ];
  for (const [path, value] of rows) assert.equal(claimAt(claims, path), value, path);
});
