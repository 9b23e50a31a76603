import assert from "node:assert/strict";
import { openPostgres } from "../../../storage/postgres/connection.ts";
import { parseTarget, printTarget } from "../../../storage/postgres/target.ts";

const DEFAULTS = {
  hosts: [{ host: "localhost", port: 5432 }],
  writable: false,
  user: "aiagent",
  password: "",
  database: "aiagent",
  tlsMode: "disable",
  rootCertificates: undefined,
  applicationName: "mcp-server",
  options: undefined,
  pooled: false,
};

Deno.test("the URL of Postgres says where it is; the environment says what it leaves out", async (t) => {
  const cases: readonly [url: string | undefined, environment: Record<string, string>, expected: object][] = [
    [
      "postgres://aiagent:pass@postgres-mcp:5433/mcpaudit",
      { PGHOST: "other", PGPORT: "1", PGUSER: "other", PGPASSWORD: "other", PGDATABASE: "other", PGSSLMODE: "require" },
      {
        hosts: [{ host: "postgres-mcp", port: 5433 }],
        password: "pass",
        database: "mcpaudit",
        tlsMode: "require",
      },
    ],
    [
      undefined,
      { PGHOST: "db", PGPORT: "6000", PGUSER: "aiagent", PGPASSWORD: "p@ss", PGDATABASE: "mcpaudit", PGAPPNAME: "ops" },
      { hosts: [{ host: "db", port: 6000 }], password: "p@ss", database: "mcpaudit", applicationName: "ops" },
    ],
    ["postgresql://aiagent@localhost", {}, {}],
    ["postgres:///mcpaudit", { PGUSER: "aiagent", PGHOST: "" }, { database: "mcpaudit" }],
    ["postgres://ai%40agent:p%2Fw%23%3F@[::1]/a%20b", {}, {
      hosts: [{ host: "::1", port: 5432 }],
      user: "ai@agent",
      password: "p/w#?",
      database: "a b",
    }],
    [
      "postgres://aiagent@ep-1.example/db?sslmode=verify-full&sslrootcert=system&application_name=x&channel_binding=require",
      {},
      {
        hosts: [{ host: "ep-1.example", port: 5432 }],
        database: "db",
        tlsMode: "verify-full",
        rootCertificates: "system",
        applicationName: "x",
      },
    ],
    ["postgres://aiagent@h/db?pgbouncer=true&options=project%3Dx", {}, {
      hosts: [{ host: "h", port: 5432 }],
      database: "db",
      pooled: true,
      options: "project=x",
    }],
    ["postgres://aiagent@h/db", { PG_PREPARE: "false" }, {
      hosts: [{ host: "h", port: 5432 }],
      database: "db",
      pooled: true,
    }],
    ["postgres://aiagent:p%40ss@a,b:5433,[::1]:5434/db", { PGPORT: "6000", PG_PREPARE: "true" }, {
      hosts: [{ host: "a", port: 6000 }, { host: "b", port: 5433 }, { host: "::1", port: 5434 }],
      writable: true,
      password: "p@ss",
      database: "db",
    }],
    ["postgres://aiagent@h/db?target_session_attrs=primary", {}, {
      hosts: [{ host: "h", port: 5432 }],
      writable: true,
      database: "db",
    }],
    [undefined, { PGHOST: "a,b", PGPORT: "1,2", PGUSER: "aiagent" }, {
      hosts: [{ host: "a", port: 1 }, { host: "b", port: 2 }],
      writable: true,
    }],
  ];
  for (const [url, environment, expected] of cases) {
    await t.step(`${url} with ${JSON.stringify(environment)}`, () => {
      assert.deepEqual(parseTarget(url, environment), { ...DEFAULTS, ...expected });
    });
  }
});

Deno.test("a URL of Postgres that cannot be used is refused with what is wrong, never with its password", async (t) => {
  const cases: readonly [url: string | undefined, environment: Record<string, string>, expected: RegExp][] = [
    [
      "nonsense s3cret",
      {},
      /^Cannot read the URL of Postgres: expected postgres:\/\/user:password@host:port\/database/,
    ],
    ["mysql://aiagent:s3cret@h/db", {}, /^Cannot read the URL of Postgres/],
    ["postgres://aiagent:s3cret#1@h/db", {}, /^Cannot read the URL of Postgres/],
    ["postgres://aiagent:s3cret%@h/db", {}, /^Cannot read the URL of Postgres/],
    ["postgres://aiagent:s3cret@h:0/db", {}, /^Invalid port of Postgres "0": expected 1 to 65535/],
    ["postgres://aiagent:s3cret@h/db", { PGPORT: "x" }, /^Invalid port of Postgres "x"/],
    [
      "postgres://aiagent:s3cret@h/db?sslmod=require",
      {},
      /^Unknown parameter "sslmod" in the URL of Postgres: expected sslmode,/,
    ],
    [
      "postgres://aiagent:s3cret@h/db?sslmode=on",
      {},
      /^Invalid sslmode "on": expected one of disable, prefer, require/,
    ],
    [undefined, { PGHOST: "h" }, /^Cannot tell the user of Postgres: expected it in DATABASE_URL or PGUSER/],
  ];
  for (const [url, environment, expected] of cases) {
    await t.step(`${url} with ${JSON.stringify(environment)}`, () => {
      assert.throws(() => parseTarget(url, environment), (error) => {
        assert(error instanceof Error);
        assert.match(error.message, expected);
        assert.doesNotMatch(Deno.inspect(error), /s3cret/);
        return true;
      });
    });
  }
});

Deno.test("a target is printed without its password, an IPv6 address in brackets", () => {
  assert.equal(printTarget(parseTarget("postgres://u:s3cret@postgres-mcp/mcpaudit", {})), "postgres-mcp:5432/mcpaudit");
  assert.equal(printTarget(parseTarget("postgres://u:s3cret@[::1]:1/db", {})), "[::1]:1/db");
});

Deno.test("certificates that cannot be read stop the start and are named", () => {
  const url = "postgres://u@h/db?sslmode=verify-full&sslrootcert=/nowhere/ca.crt";
  assert.throws(
    () => openPostgres(url, { environment: {}, onState: () => {} }),
    /^Error: Cannot read the certificates of sslrootcert "\/nowhere\/ca\.crt"/,
  );
});
