import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { launchChromium, WITH_PAGES } from "./services/chromium.ts";
import { startServer } from "./services/server.ts";

// A page of another origin in a real browser: another port of this machine by its number and by its name, and a name
// that was pointed here.
const HOSTS = ["127.0.0.1", "localhost", "evil.example"];

/** What the page of the other origin tries; each attempt gives what the page could see of it. */
const ATTEMPTS = `async ({ url, socketUrl }) => {
  const seen = {};
  const open = (protocols) => new Promise((resolve) => {
    const socket = new WebSocket(socketUrl, protocols);
    socket.onopen = () => resolve("open");
    socket.onclose = ({ code }) => resolve("closed " + code);
  });
  seen["socket"] = await open([]);
  seen["socket mcp"] = await open(["mcp"]);
  const bodies = {
    "/mcp": { jsonrpc: "2.0", id: 1, method: "ctx.set", params: { key: "planted", value: 1 } },
    "/test/ctx": { key: "planted", value: 1 },
  };
  for (const [path, message] of Object.entries(bodies)) {
    const text = JSON.stringify(message);
    const ways = {
      "json": { headers: { "content-type": "application/json" }, body: text },
      "text": { headers: { "content-type": "text/plain" }, body: text },
      "no-cors": { mode: "no-cors", body: text },
      "no-cors blob": { mode: "no-cors", body: new Blob([text], { type: "application/json" }) },
    };
    for (const [way, init] of Object.entries(ways)) {
      try {
        const response = await fetch(url + path, { method: "POST", ...init });
        seen["POST " + path + " " + way] = response.type === "opaque" ? "opaque" : "read " + response.status;
      } catch {
        seen["POST " + path + " " + way] = "failed";
      }
    }
    navigator.sendBeacon(url + path, new Blob([text], { type: "application/json" }));
  }
  try {
    seen["GET"] = (await fetch(url + "/test/rate-limit", { mode: "no-cors" })).type;
  } catch {
    seen["GET"] = "failed";
  }
  return seen;
}`;

Deno.test({
  name: "a page of another origin opens no socket, posts nothing and spends no limit",
  ...WITH_PAGES,
  fn: async (t) => {
    const dataDir = await Deno.makeTempDir({ prefix: "door-" });
    await using server = await startServer({ DATA_DIR: dataDir });
    await using browser = await launchChromium();
    await using site = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => new Response("<!doctype html><title>Elsewhere</title>", { headers: { "content-type": "text/html" } }),
    );
    for (const host of HOSTS) {
      await t.step(host, async () => {
        const { page } = await browser.newPage();
        await page.goto(`http://${host}:${site.addr.port}/`);
        const { url, socketUrl } = server;
        const seen: Record<string, string> = await page.evaluate(
          `(${ATTEMPTS})(${JSON.stringify({ url, socketUrl })})`,
        );
        assert.equal(Object.keys(seen).length, 11);
        for (const [attempt, outcome] of Object.entries(seen)) {
          assert(["closed 1006", "failed", "opaque"].includes(outcome), `${attempt}: ${outcome}`);
        }
        // A form is sent as a navigation, and its answer is shown.
        await page.evaluate(`(() => {
          const form = document.createElement("form");
          Object.assign(form, { method: "POST", enctype: "text/plain", action: "${url}/test/ctx" });
          const input = document.createElement("input");
          Object.assign(input, { name: '{"key":"planted","value":1,"x":"', value: '"}' });
          form.append(input);
          document.body.append(form);
          form.submit();
        })()`);
        await page.waitForURL(`${url}/**`);
        assert.match(await page.textContent("body") ?? "", /may not call this server/);
      });
    }
    await t.step("and nothing has happened", async () => {
      const printed = await (await fetch(`${server.url}/metrics`)).text();
      const refused = Number(/^mcp_refusals_total\{reason="origin"\} (\d+)$/m.exec(printed)?.[1]);
      // Two sockets, eight posts, two beacons, one GET and one form each; a refused preflight is one more or in place.
      assert(refused >= HOSTS.length * 14, `${refused} refusals`);
      assert(!/^mcp_tool_calls_total\{/m.test(printed), "no tool was called");
      const limit = await (await fetch(`${server.url}/test/rate-limit`)).json();
      assert.equal(limit.remaining, 9, "nobody else has spent of it");
      const database = new DatabaseSync(`${dataDir}/mcp.db`, { readOnly: true });
      assert.deepEqual({ ...database.prepare("SELECT count(*) AS records FROM audit_logs").get() }, { records: 0 });
      assert.deepEqual({ ...database.prepare("SELECT count(*) AS entries FROM context").get() }, { entries: 0 });
      database.close();
    });
    await server[Symbol.asyncDispose]();
    await Deno.remove(dataDir, { recursive: true });
  },
});
