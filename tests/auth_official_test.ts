import assert from "node:assert/strict";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { startTokenWorld } from "./auth_matrix/world.ts";
import { end, listen, listTools, openSession, read, send } from "./mcp_sessions/session.ts";
import { echo } from "./server/edge.ts";
import { startGuardedEdge } from "./server/auth/guard.ts";
import { testWithClient } from "./server/mcp/with_client.ts";
import { connectRaw, handshake } from "./server/raw_client.ts";

// Callers of the official protocol who are asked who they are.

const INITIALIZE = {
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "tests", version: "1" } },
};
const call = (id: number) => ({
  ...{ jsonrpc: "2.0", id, method: "tools/call" },
  params: { name: "test_echo", arguments: {} },
});
/** The end of a close frame of the server: code 1008 and its reason. */
const CLOSED = "\x03\xf0The credential has expired or was revoked";

async function connect(edge: { readonly port: number }, credential: string) {
  const peer = await connectRaw(edge.port);
  const headers = { authorization: `Bearer ${credential}`, "sec-websocket-protocol": "mcp" };
  await peer.send(handshake(edge.port, headers));
  assert.match(await peer.readUntil("\r\n\r\n"), /^HTTP\/1.1 101 /);
  await peer.sendText(JSON.stringify(INITIALIZE));
  assert.match(await peer.readUntil("protocolVersion"), /"id":0|"result"/);
  return peer;
}

Deno.test("a socket of the official dialect whose key was revoked is refused, on record, and closed with 1008", async () => {
  await using edge = await startGuardedEdge({ tools: [echo] });
  const peer = await connect(edge, "right");
  await peer.sendText(JSON.stringify(call(1)));
  await peer.readUntil('"id":1');
  edge.standing.set("alice-1", false);
  await peer.sendText(JSON.stringify(call(2)));
  const told = await peer.readUntil(CLOSED);
  assert.match(told, /"isError":true/);
  assert.match(told, /"kind":"unauthenticated"/);
  assert.deepEqual(edge.path.records.map(({ outcome, dialect }) => [outcome, dialect]), [
    ["ok", "mcp-2025-11-25"],
    ["denied", "mcp-2025-11-25"],
  ]);
  assert.equal(await edge.refusals("credential_ended"), 1);
  await peer[Symbol.asyncDispose]();
});

Deno.test("a socket of the official dialect is closed with 1008 when its key expires, also where nothing is called", async () => {
  await using edge = await startGuardedEdge({ tools: [echo] });
  const peer = await connect(edge, "short");
  edge.clock.advance(30);
  await peer.readUntil(CLOSED);
  assert.equal(await edge.refusals("credential_ended"), 1);
  await peer[Symbol.asyncDispose]();
});

Deno.test("a session belongs to the principal that opened it, on every replica, and ends with its key", async (t) => {
  const SESSION_KEY = "a key that both replicas of the tests share";
  await using world = await startTokenWorld({ SESSION_KEY });
  const [{ id, key }, { key: stranger }] = await Promise.all([
    world.createKey("root", ["admin"]),
    world.createKey("other", ["admin"]),
  ]);
  const as = (bearer: string) => ({ authorization: `Bearer ${bearer}` });
  const session = await openSession(world.one.url, as(key));

  await t.step("another key of the same rights has no part in it", async () => {
    for (const { url } of [world.one, world.other]) {
      assert.equal((await read(await send(url, listTools, session, as(stranger)))).status, 404);
      assert.equal(await end(url, session, as(stranger)), 404);
    }
    assert.equal((await read(await send(world.other.url, listTools, session, as(key)))).status, 200);
  });

  await t.step("nobody may use it without a key, not even who knows its id", async () => {
    assert.equal((await read(await send(world.one.url, listTools, session))).status, 401);
    const stream = await listen(world.one.url, session);
    await stream.body?.cancel();
    assert.equal(stream.status, 401);
    assert.equal(await end(world.one.url, session), 401);
  });

  await t.step("a revoked key is refused, whatever session it names", async () => {
    await world.keys.revoke(id);
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error("The key is still taken")), 20_000);
    const refused = async () => {
      while ((await read(await send(world.other.url, listTools, session, as(key)))).status !== 401);
    };
    await Promise.race([refused(), late]).finally(() => clearTimeout(timer));
  });
});

/** Two servers with a policy, whose callers are the SDK's clients. */
async function withPolicy(
  policy: unknown,
  run: (connectAs: (roles: readonly string[], mode?: "legacy" | "auto") => Promise<Client>) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "mcp-policy-" });
  try {
    const POLICY_FILE = `${dir}/policy.json`;
    await Deno.writeTextFile(POLICY_FILE, JSON.stringify(policy));
    await using world = await startTokenWorld({ POLICY_FILE });
    await run(async (roles, mode = "auto") => {
      const { key } = await world.createKey(`${roles.join("-")}-${mode}`, roles);
      const versionNegotiation = mode === "auto" ? { versionNegotiation: { mode } } : {};
      const client = new Client({ name: "tests", version: "1" }, versionNegotiation);
      const requestInit = { headers: { authorization: `Bearer ${key}` } };
      await client.connect(new StreamableHTTPClientTransport(new URL("/mcp", world.one.url), { requestInit }));
      return client;
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const READER_POLICY = { roles: { reader: { tools: ["ctx.get", "runbook.*"], callsPerMinute: 3 } } };

testWithClient("a caller is listed what it may use, and refused the rest, in both eras", async (t) => {
  await withPolicy(READER_POLICY, async (connectAs) => {
    for (const mode of ["legacy", "auto"] as const) {
      await t.step(mode, async () => {
        const client = await connectAs(["reader"], mode);
        assert.deepEqual((await client.listTools()).tools.map(({ name }) => name), ["ctx_get", "runbook_preview"]);
        const { resourceTemplates } = await client.listResourceTemplates();
        assert.deepEqual(resourceTemplates.map(({ uriTemplate }) => uriTemplate), ["ctx://{key}", "runbook://{id}"]);
        const { resources } = await client.listResources();
        assert(resources.every(({ uri }) => uri.startsWith("runbook://")), JSON.stringify(resources));
        assert.deepEqual((await client.listPrompts()).prompts.map(({ name }) => name), ["explain-alert"]);
        await assert.rejects(client.getPrompt({ name: "summarize-namespace", arguments: { namespace: "shop" } }), {
          code: -32602,
        });
        for (const uri of ["audit://recent", "k8s://shop/pods"]) {
          await assert.rejects(client.readResource({ uri }), { code: -32003 }, uri);
        }
        await client.close();
      });
    }
  });
});

testWithClient("a tool's two names are one tool to policy and limits", async () => {
  await withPolicy(READER_POLICY, async (connectAs) => {
    const client = await connectAs(["reader"]);
    const kindOf = async (name: string, args: Record<string, unknown>) => {
      const { _meta } = await client.callTool({ name, arguments: args });
      return (_meta?.["mcp-ops/error"] as { readonly kind: string } | undefined)?.kind; // The server's own member.
    };
    for (const name of ["ctx_set", "ctx.set"]) assert.equal(await kindOf(name, { key: "a", value: 1 }), "forbidden");
    const kinds: unknown[] = [];
    for (const name of ["ctx_get", "ctx.get", "ctx_get", "ctx.get", "ctx_get"]) {
      kinds.push(await kindOf(name, { key: "a" }));
    }
    assert.deepEqual(kinds, [undefined, undefined, undefined, "rate_limited", "rate_limited"]);
    await client.close();
  });
});

const NAMESPACES_POLICY = {
  deny: [{ tools: ["k8s.*"], namespaces: ["shop-vault"] }],
  roles: {
    shop: { tools: ["k8s.*"], namespaces: ["shop-cart", "shop-vault", "shop-web", "team-*"] },
    pay: {
      tools: ["*"],
      arguments: {
        "k8s.*": { namespace: { oneOf: ["pay-db", "pay-web", "NOT a name"] }, limit: { max: 500, absent: true } },
      },
    },
    everywhere: { tools: ["*"] },
    logs: { tools: ["logs.*"], namespaces: ["shop-logs"] },
  },
};

/** What callers with such roles are suggested of `namespace`, by what they have typed. */
const SUGGESTED: readonly (readonly [roles: readonly string[], typed: string, values: readonly string[]])[] = [
  [["shop"], "", ["shop-cart", "shop-web"]],
  [["shop"], "shop-w", ["shop-web"]],
  [["shop"], "pay", []],
  [["pay"], "", ["pay-db", "pay-web"]],
  [["shop", "pay"], "", ["pay-db", "pay-web", "shop-cart", "shop-web"]],
  // It may call there, and learns no name from the roles of others.
  [["everywhere"], "", []],
  // Who may not list pods there is not suggested it.
  [["logs"], "", []],
];

testWithClient("a caller is suggested the namespaces that its own roles name, and no other's", async (t) => {
  await withPolicy(NAMESPACES_POLICY, async (connectAs) => {
    for (const [roles, typed, values] of SUGGESTED) {
      await t.step(`${roles.join(" and ")}, ${JSON.stringify(typed)}`, async () => {
        const client = await connectAs(roles);
        const asked = [
          { type: "ref/resource", uri: "k8s://{namespace}/pods" },
          { type: "ref/prompt", name: "summarize-namespace" },
        ] as const;
        for (const ref of asked) {
          const { completion } = await client.complete({ ref, argument: { name: "namespace", value: typed } });
          assert.deepEqual([completion.values, completion.hasMore], [values, false], ref.type);
        }
        await client.close();
      });
    }
  });
});
