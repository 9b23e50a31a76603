import assert from "node:assert/strict";
import { ruleOf } from "../server/auth/access.ts";
import { assertRefusal, attempt, expected } from "./auth_matrix/attempt.ts";
import { type Column, OIDC_CHALLENGE, oidcColumns, TOKEN_CHALLENGE, tokenColumns } from "./auth_matrix/credentials.ts";
import { METADATA_ROWS, type Row, ROWS } from "./auth_matrix/routes.ts";
import { startOidcWorld, startTokenWorld } from "./auth_matrix/world.ts";
import { startGuardedEdge } from "./server/auth/guard.ts";
import type { ServerService } from "./services/server.ts";

/** Tries every way in with every credential. */
async function matrix(
  t: Deno.TestContext,
  { port, output }: ServerService,
  rows: readonly Row[],
  columns: readonly Column[],
  always: typeof OIDC_CHALLENGE,
) {
  for (const row of rows) {
    await t.step(row.name, async () => {
      for (const column of columns) {
        const { status, challenge, body } = await attempt(port, row, column.authorization);
        assert.deepEqual({ status, challenge }, expected(row, column, always), `${row.name}: ${column.name}`);
        const isRefused = challenge !== null || (column.is === "known" && status === 403 && row.path !== "/mcp");
        if (isRefused) assertRefusal(row, { status, challenge, body });
      }
    });
  }
  await t.step("no credential is in the log", () => {
    const secrets = columns.flatMap(({ authorization = "" }) => /^Bearer (\S{16,})$/.exec(authorization)?.[1] ?? []);
    assert(secrets.length >= 6);
    for (const secret of secrets) assert(!output().includes(secret.slice(-20)), output());
    assert.match(output(), /A request was refused reason="credential_/);
  });
}

Deno.test("AUTH_MODE=token: every way in, with every credential, by status and challenge", async (t) => {
  await using world = await startTokenWorld();
  await matrix(t, world.one, ROWS, await tokenColumns(world), TOKEN_CHALLENGE);
});

Deno.test("AUTH_MODE=oidc, with a real issuer: every way in, with every credential, by status and challenge", async (t) => {
  await using world = await startOidcWorld();
  await matrix(t, world.server, [...ROWS, ...METADATA_ROWS], await oidcColumns(world), OIDC_CHALLENGE);
});

Deno.test("the matrix has every route that the server has", async () => {
  await using edge = await startGuardedEdge();
  const declared = edge.app.router.routes.filter((route) => typeof ruleOf(route) === "object").map(({ path }) => path);
  const paths = new Set(ROWS.map(({ path }) => path));
  assert.deepEqual([...new Set(declared)].filter((path) => !paths.has(path)), []);
});
