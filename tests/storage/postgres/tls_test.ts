import assert from "node:assert/strict";
import { makeCertificates } from "../../services/kubernetes/certificates.ts";
import { startPostgres } from "../../services/postgres.ts";
import { observe } from "./subject.ts";

const ENCRYPTED = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";

/** What happens at a server with a private authority and a certificate for `localhost` and 127.0.0.1. */
const CASES: readonly [host: string, parameters: string, expected: "encrypted" | "plain" | RegExp][] = [
  ["localhost", "sslmode=verify-full&sslrootcert=AUTHORITY", "encrypted"],
  ["127.0.0.1", "sslmode=verify-full&sslrootcert=AUTHORITY", "encrypted"],
  ["localhost", "sslmode=verify-full&sslrootcert=STRANGER", /certificate|issuer/i],
  ["localhost", "sslmode=verify-full&sslrootcert=system", /certificate|issuer/i],
  ["localhost", "sslmode=verify-full", /certificate|issuer/i],
  ["localhost", "sslmode=verify-ca&sslrootcert=AUTHORITY", "encrypted"],
  ["localhost", "sslmode=verify-ca&sslrootcert=STRANGER", /certificate|issuer/i],
  ["localhost", "sslmode=require", "encrypted"],
  ["localhost", "sslmode=require&channel_binding=prefer", "encrypted"],
  ["localhost", "sslmode=require&sslrootcert=STRANGER", /certificate|issuer/i],
  ["localhost", "sslmode=prefer", "encrypted"],
  ["localhost", "sslmode=disable", "plain"],
  ["localhost", "", "plain"],
];

Deno.test("TLS to Postgres protects as far as sslmode says", async (t) => {
  const certificates = await makeCertificates("DNS:localhost,IP:127.0.0.1");
  await using service = await startPostgres({ tls: certificates.server });
  await using files = await writeAuthorities(certificates);
  for (const [host, parameters, expected] of CASES) {
    await t.step(`${host} with ${parameters || "no sslmode"}`, async () => {
      await using observed = observe(urlOf(service.url, host, files.fill(parameters)));
      if (expected instanceof RegExp) {
        await observed.told("disconnected");
        assert.match(observed.reason ?? "", expected);
      } else {
        const { rows } = await observed.connection.query("read", ENCRYPTED);
        assert.deepEqual(rows, [{ ssl: expected === "encrypted" }]);
      }
    });
  }

  await t.step("it heals after a kill, and a frozen server is given up", async () => {
    const url = urlOf(service.url, "localhost", files.fill("sslmode=verify-full&sslrootcert=AUTHORITY"));
    await using observed = observe(url, { deadlineMs: 800 });
    await observed.told("connected");
    await service.kill();
    await observed.told("disconnected");
    await service.restart();
    await observed.told("connected");
    service.freeze();
    await assert.rejects(observed.connection.query("read", ENCRYPTED), /did not answer within 800 ms/);
  });
});

Deno.test("TLS to Postgres under another name is refused by verify-full, and taken by verify-ca", async () => {
  const certificates = await makeCertificates("DNS:elsewhere.example");
  await using service = await startPostgres({ tls: certificates.server });
  await using files = await writeAuthorities(certificates);
  for (const host of ["localhost", "127.0.0.1"]) {
    await using refused = observe(urlOf(service.url, host, files.fill("sslmode=verify-full&sslrootcert=AUTHORITY")));
    await refused.told("disconnected");
    assert.match(refused.reason ?? "", /name|altnames|certificate/i);
  }
  await using taken = observe(urlOf(service.url, "localhost", files.fill("sslmode=verify-ca&sslrootcert=AUTHORITY")));
  assert.deepEqual((await taken.connection.query("read", ENCRYPTED)).rows, [{ ssl: true }]);
});

Deno.test("TLS to a Postgres that has none is refused unless it was only preferred", async () => {
  await using service = await startPostgres();
  await using preferring = observe(urlOf(service.url, "localhost", "sslmode=prefer"));
  assert.deepEqual((await preferring.connection.query("read", ENCRYPTED)).rows, [{ ssl: false }]);
  for (const mode of ["require", "verify-full"]) {
    await using requiring = observe(urlOf(service.url, "localhost", `sslmode=${mode}`), { deadlineMs: 2000 });
    await requiring.told("disconnected");
    assert.notEqual(requiring.reason, undefined);
  }
});

function urlOf(url: string, host: string, parameters: string): string {
  return `${url.replace("127.0.0.1", host)}?${parameters}`;
}

async function writeAuthorities({ authority, stranger }: { readonly authority: string; readonly stranger: string }) {
  const folder = await Deno.makeTempDir({ prefix: "authorities-" });
  await Deno.writeTextFile(`${folder}/authority.crt`, authority);
  await Deno.writeTextFile(`${folder}/stranger.crt`, stranger);
  return {
    fill: (parameters: string) =>
      parameters.replace("AUTHORITY", `${folder}/authority.crt`).replace("STRANGER", `${folder}/stranger.crt`),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
