import assert from "node:assert/strict";
import { createApiKey } from "../../server/auth/token/api_key.ts";
import { startRedis } from "../services/redis.ts";
import { bareEnvironment, ROOT, SERVER_FLAGS, type ServerService, startServer } from "../services/server.ts";
import { openSocket } from "../services/socket.ts";
import { call, callAll, forAll, request } from "./caller.ts";
import { type Planted, plantHundred } from "./planted.ts";
import { Sinks } from "./sinks.ts";

/** What a server with API keys was shown and gave out, and all that came out of it. */
export interface Shown {
  readonly planted: readonly Planted[];
  readonly sinks: Sinks;
}

/** Shows right and wrong credentials to a server in every place where one is taken, or taken for one. */
export async function showCredentials(): Promise<Shown> {
  await using resources = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "credentials-" });
  resources.defer(() => Deno.remove(folder, { recursive: true }));
  const redis = resources.use(await startRedis({ appendonly: true, dir: folder }));
  const { id, key, sha256 } = createApiKey();
  await Deno.writeTextFile(
    `${folder}/tokens.json`,
    JSON.stringify({ tokens: [{ id, sha256, name: "root", roles: ["admin"] }] }),
  );
  const settings = {
    AUTH_MODE: "token",
    TOKENS_FILE: `${folder}/tokens.json`,
    DATA_DIR: folder,
    REDIS_URL: redis.url,
    LOG_LEVEL: "debug",
    AUTH_FAILURES_MAX: "100000",
    ADDRESS_LIMIT_PER_MINUTE: "0",
    RATE_LIMIT_PER_MINUTE: "0",
  };
  const server = resources.use(await startServer(settings));
  const sinks = new Sinks();
  const wrong = plantHundred();
  await showWrong(server, sinks, wrong);
  const given = await showRight(server, sinks, key);
  sinks.add("the server's output", server.output());
  for await (const { name } of Deno.readDir(`${folder}/appendonlydir`)) {
    const bytes = await Deno.readFile(`${folder}/appendonlydir/${name}`);
    sinks.add("all that Redis was told", new TextDecoder("latin1").decode(bytes));
  }
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...SERVER_FLAGS, `${ROOT}scripts/audit.ts`, "export", "--format", "jsonl"],
    env: { ...bareEnvironment(), DATA_DIR: folder },
    clearEnv: true,
    cwd: ROOT,
  }).output();
  sinks.add("the audit log", new TextDecoder().decode(stdout));
  assert.match(sinks.textOf("the audit log"), /"principal":"root"/);
  assert.match(sinks.textOf("all that Redis was told"), /auth:session:/);
  const planted = Object.entries({ key: key.slice(-43), ...given }).map(([kind, secret]) => ({
    ...{ kind, carrier: secret, text: secret },
    secrets: [secret],
  }));
  return { planted: [...wrong, ...planted], sinks };
}

async function showWrong(server: ServerService, sinks: Sinks, planted: readonly Planted[]): Promise<void> {
  const origin = server.url;
  await forAll(planted, async ({ text }) => {
    const line = text.includes("\n") ? JSON.stringify(text) : text;
    const encoded = encodeURIComponent(text);
    const list = { method: "POST", body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "mcp.tools.list" }) };
    const json = { "content-type": "application/json", origin };
    for (const authorization of [line, `Bearer ${line}`, `Basic ${btoa(line)}`]) {
      await request(server, sinks, "a wrong Authorization", "/mcp", { ...list, headers: { ...json, authorization } });
    }
    const cookie = `__Host-mcp_session=${encoded}`;
    await request(server, sinks, "a wrong cookie", "/dashboard/session", { headers: { cookie } });
    for (const name of ["access_token", "token", "api_key", "ticket"]) {
      await request(server, sinks, `a wrong ${name} in the query`, `/mcp?${name}=${encoded}`, {
        ...list,
        headers: json,
      });
    }
    const body = JSON.stringify({ token: text });
    await request(server, sinks, "a wrong sign-in", "/dashboard/session", { method: "POST", headers: json, body });
    await request(server, sinks, "a sign-in that is none", "/dashboard/session", {
      method: "POST",
      headers: json,
      body: text,
    });
  });
}

/** @returns what the server gave out: a ticket and a session. */
async function showRight(server: ServerService, sinks: Sinks, key: string): Promise<Record<string, string>> {
  const authorization = `Bearer ${key}`;
  const json = { "content-type": "application/json", origin: server.url };
  const ticketed = await fetch(`${server.url}/ws-ticket`, { method: "POST", headers: { authorization } });
  const { ticket } = await ticketed.json();
  const signedIn = await fetch(`${server.url}/dashboard/session`, {
    method: "POST",
    headers: json,
    body: JSON.stringify({ token: key }),
  });
  await signedIn.body?.cancel();
  const [cookie = "", session = ""] = /^__Host-mcp_session=([^;]+)/.exec(signedIn.headers.get("set-cookie") ?? "") ??
    [];
  assert(ticket && session, `${ticketed.status} ${signedIn.status}`);
  await request(server, sinks, "who is signed in", "/dashboard/session", { headers: { cookie } });
  await request(server, sinks, "/metrics", "/metrics", { headers: { authorization } });
  // In the arguments of calls, too.
  const body = JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "logs.search",
    params: { namespace: key, query: `/mcp?ticket=${ticket}`, cookie, ticket },
  });
  await request(server, sinks, "a call with the right key", "/mcp", {
    method: "POST",
    headers: { ...json, authorization },
    body,
  });
  const withTicket = await openSocket(`${server.socketUrl}?ticket=${ticket}`);
  await callAll(withTicket, sinks, [call("a socket by its ticket", "runbook.preview", { runbook_id: key })]);
  await withTicket[Symbol.asyncDispose]();
  await request(server, sinks, "a ticket that was used", `/mcp?ticket=${ticket}`);
  return { ticket, session };
}
