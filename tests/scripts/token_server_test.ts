import assert from "node:assert/strict";
import { startRedis } from "../services/redis.ts";
import { bareEnvironment, ROOT, SERVER_FLAGS, type ServerService, startServer } from "../services/server.ts";
import { runToken } from "./token.ts";
import { socketWithHeaders } from "../services/socket_with_headers.ts";

/** Longest that a revoked key may go on, and what a loaded machine adds. */
const REVOKED_MS = 5_000 + 1_500;
/** Longest until a changed TOKENS_FILE is in force. */
const FILE_MS = 10_000;
const CREATE = ["create", "--name", "ci", "--role", "operator"];

/** The status of a call with the key. */
async function status({ url }: ServerService, key: string): Promise<number> {
  const response = await fetch(`${url}/mcp`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ctx.get", params: { key: "k" } }),
  });
  await response.body?.cancel();
  return response.status;
}

/** Polls until a call has that status. @returns milliseconds that it took. @throws after the deadline */
async function until(expected: number, server: ServerService, key: string, deadlineMs: number): Promise<number> {
  const start = performance.now();
  for (let got = NaN; got !== expected; got = await status(server, key)) {
    const elapsed = performance.now() - start;
    assert(elapsed < deadlineMs, `Expected ${expected} within ${deadlineMs} ms, still ${got} after ${elapsed}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return performance.now() - start;
}

/** An open connection that calls every 50 ms; resolves with the close event and the last reply. */
async function callingSocket({ socketUrl }: ServerService, key: string) {
  const socket = socketWithHeaders(socketUrl, { authorization: `Bearer ${key}` });
  const opened = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<CloseEvent>();
  const replies: string[] = [];
  socket.onopen = () => opened.resolve();
  socket.onerror = () => opened.reject(new Error("Cannot open the socket"));
  socket.onclose = (event) => closed.resolve(event);
  socket.onmessage = ({ data }) => replies.push(String(data));
  await opened.promise;
  const timer = setInterval(() => {
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.send(JSON.stringify({ jsonrpc: "2.0", id: replies.length, method: "ctx.get", params: { key: "k" } }));
  }, 50);
  return {
    replies,
    closed: closed.promise.finally(() => clearInterval(timer)),
  };
}

const stores: Readonly<Record<string, (stack: AsyncDisposableStack) => Promise<Record<string, string>>>> = {
  async embedded(stack) {
    const folder = await Deno.makeTempDir({ prefix: "mcp-data-" });
    stack.defer(() => Deno.remove(folder, { recursive: true }));
    return { DATA_DIR: folder };
  },
  redis: async (stack) => ({ REDIS_URL: stack.use(await startRedis()).url }),
};

for (const [kind, open] of Object.entries(stores)) {
  Deno.test(`keys made and revoked beside two servers of one ${kind} store take effect on both`, async (t) => {
    await using stack = new AsyncDisposableStack();
    const settings = await open(stack);
    const servers: ServerService[] = [];
    for (let replica = 0; replica < 2; replica++) {
      servers.push(stack.use(await startServer({ ...settings, AUTH_MODE: "token", AUTH_FAILURES_MAX: "100000" })));
    }
    const [one, other] = servers;
    assert(one && other);
    const created = await runToken([...CREATE, "--json"], settings);
    assert.equal(created.code, 0, created.stderr);
    const { key, id } = JSON.parse(created.stdout);

    await t.step("a new key works at once", async () => {
      for (const server of servers) assert.equal(await status(server, key), 200);
      for (const wrong of [`${key}x`, key.slice(0, -4) + "AAAA", `mcp_${id}_${"x".repeat(43)}`]) {
        assert.equal(await status(one, wrong), 401);
      }
    });

    await t.step("revoked, it is refused everywhere within 5 s, also on a connection that is open", async () => {
      const socket = await callingSocket(other, key);
      assert.equal((await runToken(["revoke", "ci"], settings)).code, 0);
      const start = performance.now();
      const elapsed = await Promise.all([
        ...servers.map((server) => until(401, server, key, REVOKED_MS)),
        socket.closed.then((event) => {
          assert.equal(event.code, 1008);
          return performance.now() - start;
        }),
      ]);
      assert(elapsed.every((ms) => ms < REVOKED_MS), elapsed.join(" "));
      assert.match(socket.replies.at(-1) ?? "", /-32001/);
    });

    await t.step("no server printed the key, whatever became of it", () => {
      for (const server of servers) assert(!server.output().includes(key.slice(21)), server.output());
    });
  });
}

Deno.test("a running server takes a changed TOKENS_FILE, and keeps the keys while it is broken", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "mcp-data-" });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const path = `${folder}/tokens.json`;
  const entry = async (name: string) => {
    const { stdout } = await runToken(["hash", "--name", name, "--role", "viewer"], {});
    const [key = "", json = ""] = stdout.split("\n");
    return { key, json };
  };
  const [before, after] = [await entry("before"), await entry("after")];
  await Deno.writeTextFile(path, `{"tokens": [${before.json}]}`);
  const settings = { DATA_DIR: folder, AUTH_MODE: "token", AUTH_FAILURES_MAX: "100000", TOKENS_FILE: path };
  const server = stack.use(await startServer(settings));

  await t.step("its keys work, others do not", async () => {
    assert.deepEqual([await status(server, before.key), await status(server, after.key)], [200, 401]);
  });

  await t.step("an unknown member is logged by its name, and changes nothing", async () => {
    await Deno.writeTextFile(path, `{"tokens": [${after.json}], "extra": "${after.key}"}`);
    await server.printed(/ERROR: TOKENS_FILE cannot be used.*unknown member "extra": expected tokens/, FILE_MS);
    assert.deepEqual([await status(server, before.key), await status(server, after.key)], [200, 401]);
  });

  await t.step("in order again it is in force, also for a connection that is open", async () => {
    const socket = await callingSocket(server, before.key);
    await Deno.writeTextFile(path, `{"tokens": [${after.json}]}`);
    await server.printed("INFO: TOKENS_FILE was read again", FILE_MS);
    assert.deepEqual([await status(server, before.key), await status(server, after.key)], [401, 200]);
    assert.equal((await socket.closed).code, 1008);
  });

  await t.step("a start with a broken one stops, and repeats no key", async () => {
    await Deno.writeTextFile(path, `{"tokens": [${after.json}], "extra": "${after.key}"}`);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", ...SERVER_FLAGS, `${ROOT}main.ts`],
      env: { ...bareEnvironment(), HOST: "127.0.0.1", PORT: "0", ...settings },
      clearEnv: true,
      cwd: ROOT,
    }).output();
    const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert.equal(code, 2, output);
    assert.match(
      output,
      /ERROR: Cannot start: Invalid setting TOKENS_FILE=".*": unknown member "extra": expected tokens/,
    );
    assert(!output.includes(after.key.slice(21)));
  });
});
