import assert from "node:assert/strict";
import { testBeside } from "../services/beside.ts";
import { bareEnvironment, ROOT, SERVER_FLAGS, startServer } from "../services/server.ts";
import { openSocket } from "../services/socket.ts";

const POLICY = {
  deny: [{ tools: ["logs.*"], reason: "logs are read elsewhere" }],
  roles: {
    guest: {
      tools: ["mcp.tools.list", "ctx.*", "k8s.*", "logs.*"],
      readOnly: true,
      namespaces: ["mcp-lab"],
      doors: ["metrics"],
    },
  },
  default: ["guest"],
};

async function withPolicy<T>(document: unknown, use: (path: string) => Promise<T>): Promise<T> {
  const path = await Deno.makeTempFile({ prefix: "policy-", suffix: ".json" });
  try {
    await Deno.writeTextFile(path, JSON.stringify(document));
    return await use(path);
  } finally {
    await Deno.remove(path);
  }
}

testBeside("a server with a policy refuses by it in every dialect, and counts what it refused", async (t) => {
  await withPolicy(POLICY, async (POLICY_FILE) => {
    await using server = await startServer({ POLICY_FILE });
    await using socket = await openSocket(server.socketUrl);
    const set = { key: "a", value: 1 };

    await t.step("the list has what may be called", async () => {
      const { result } = await socket.call("mcp.tools.list");
      const names = result.tools.map(({ name }: { name: string }) => name);
      assert.deepEqual(names, ["mcp.tools.list", "ctx.get", "k8s.list_pods"]);
    });

    const refused = [
      ["ctx.set", set, "guest.readOnly"],
      ["mcp.tools.call", { name: "ctx.set", args: set }, "guest.readOnly"],
      ["mcp.tools.call", { name: "logs.search", args: { namespace: "mcp-lab" } }, "deny[0]"],
      ["k8s.list_pods", { namespace: "kube-system" }, "guest.namespaces"],
      ["prom.query_simple", { query: "up" }, "guest.tools"],
    ] as const;
    for (const [method, params, rule] of refused) {
      await t.step(`${method} ${JSON.stringify(params)} is refused by ${rule}`, async () => {
        const { error } = await socket.call(method, params);
        assert.deepEqual([error.code, error.data.kind, error.data.rule], [-32003, "forbidden", rule]);
      });
    }

    await t.step("over HTTP it is 403", async () => {
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ctx.set", params: set });
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${server.url}/mcp`, { method: "POST", headers, body });
      assert.equal(response.status, 403);
      assert.equal((await response.json()).error.data.rule, "guest.readOnly");
    });

    await t.step("the name that the official protocol gives a tool is no way around", async () => {
      await using official = await openSocket(server.socketUrl, ["mcp"]);
      await official.call("initialize", {
        protocolVersion: "2025-11-25",
        capabilities: {},
        clientInfo: { name: "tests", version: "1" },
      });
      for (const name of ["ctx_set", "ctx.set"]) {
        const { result, error } = await official.call("tools/call", { name, arguments: set });
        assert(error !== undefined || result.isError, name);
        assert.match(JSON.stringify(error ?? result), /guest\.readOnly/, name);
      }
      const { result } = await official.call("tools/list");
      assert.doesNotMatch(JSON.stringify(result), /ctx_set|logs_search/);
    });

    await t.step("nothing was set", async () => {
      const { result, error } = await socket.call("ctx.get", { key: "a" });
      assert(error !== undefined || result.value !== 1, JSON.stringify(result));
    });

    await t.step("it is counted by tool and rule", async () => {
      const text = await (await fetch(`${server.url}/metrics`)).text();
      const rows = Array.from(text.matchAll(/^mcp_denied_calls_total\{tool="(.*)",rule="(.*)"\} (\d+)$/gm));
      assert.deepEqual(rows.map(([, ...row]) => row.join(" ")).sort(), [
        "ctx.set guest.readOnly 5",
        "k8s.list_pods guest.namespaces 1",
        "logs.search deny[0] 1",
        "prom.query_simple guest.tools 1",
      ]);
    });
  });
});

Deno.test("a policy with an unknown member stops the start, and is named with it", async () => {
  await withPolicy({ roles: { viewer: { tools: ["*"], readonly: true } } }, async (POLICY_FILE) => {
    for (const flags of [[], ["--check-config"]]) {
      const { code, stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", ...SERVER_FLAGS, `${ROOT}main.ts`, ...flags],
        env: { ...bareEnvironment(), HOST: "127.0.0.1", PORT: "0", DATA_DIR: ":memory:", POLICY_FILE },
        clearEnv: true,
        stdin: "null",
      }).output();
      const text = new TextDecoder().decode(stdout);
      assert.equal(code, 2, text);
      assert.match(
        text,
        /^ERROR: Cannot start: Invalid setting POLICY_FILE=.*: roles\.viewer\.readonly: expected no such member \(did you mean "readOnly"\?\), but got true$/m,
      );
    }
  });
});
