import assert from "node:assert/strict";
import { createAdmission } from "../../server/admission.ts";
import { openSocket } from "../services/socket.ts";
import { echo, startEdge } from "./edge.ts";
import { createGate } from "./gate.ts";
import { connectRaw, head } from "./raw_client.ts";

const JSON_TYPE = { "content-type": "application/json" };
const request = (method: string, params?: unknown) => JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });

Deno.test("requests beyond HTTP_IN_FLIGHT_MAX get 503, sockets and probes do not, and one that ends makes room", async () => {
  const gate = createGate();
  await using edge = await startEdge({ tools: [gate.tool, echo], settings: { HTTP_IN_FLIGHT_MAX: "2" } });
  const post = (body: string, path = "/mcp") => fetch(edge.url + path, { method: "POST", headers: JSON_TYPE, body });
  const running = post(request("test.hold", { text: "held" }));
  const { release } = await gate.started("held");
  // A body that does not arrive counts too.
  const stalled = await connectRaw(edge.port);
  await stalled.send(head("POST /mcp", { host: "localhost", ...JSON_TYPE, "content-length": "9" }) + "{");
  while ((await fetchStatus(() => post(request("test.echo", {})))) === 200);
  for (const path of ["/mcp", "/test/ctx"]) {
    const refused = await post("{}", path);
    assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "1"]);
    assert.deepEqual(await refused.json(), { error: "Too many requests are under way" });
  }
  assert.equal(await fetchStatus(() => fetch(`${edge.url}/ready`)), 200);
  await using socket = await openSocket(edge.socketUrl);
  assert.deepEqual((await socket.call("test.echo", { text: "in" })).result, { text: "in" });
  assert.match(await edge.metrics.print(), /mcp_refusals_total\{reason="http_in_flight"\} [3-9]\d*\n/);
  release();
  assert.equal((await running).status, 200);
  await (await running).text();
  await stalled[Symbol.asyncDispose]();
  // The server learns of both ends a moment later.
  const deadline = performance.now() + 20_000;
  while (await fetchStatus(() => post(request("test.echo", {}))) !== 200) {
    assert(performance.now() < deadline, "there is room again");
  }
});

async function fetchStatus(ask: () => Promise<Response>): Promise<number> {
  const response = await ask();
  await response.text();
  return response.status;
}

Deno.test("a body that is not taken is counted by its reason", async (t) => {
  await using edge = await startEdge({ settings: { MESSAGE_BYTES_MAX: "1024", BODY_MS: "50" } });
  const cases: [string, number, string, RequestInit][] = [
    ["another type", 415, "content_type", { body: "{}", headers: { "content-type": "text/plain" } }],
    ["too large", 413, "message_bytes", { body: "x".repeat(1025), headers: JSON_TYPE }],
    ["no UTF-8", 400, "body", { body: Uint8Array.of(0xff), headers: JSON_TYPE }],
  ];
  for (const path of ["/mcp", "/test/ctx"]) {
    for (const [name, status, reason, init] of cases) {
      await t.step(`${path}: ${name}`, async () => {
        assert.equal(await fetchStatus(() => fetch(edge.url + path, { method: "POST", ...init })), status);
        const counted = path === "/mcp" ? 1 : 2;
        assert((await edge.metrics.print()).includes(`mcp_refusals_total{reason="${reason}"} ${counted}\n`));
      });
    }
  }
  await t.step("one that does not arrive within BODY_MS", async () => {
    await using peer = await connectRaw(edge.port);
    await peer.send(head("POST /mcp", { host: "localhost", ...JSON_TYPE, "content-length": "9" }) + "{");
    assert.match(await peer.readUntil("within 50 ms"), /^HTTP\/1.1 408 /);
    assert.match(await edge.metrics.print(), /mcp_refusals_total\{reason="body_late"\} 1\n/);
  });
});

Deno.test("a request is under way until its reply has been read, or its work is done where nobody tells", async () => {
  const admission = createAdmission(1);
  for (const settle of ["resolve", "reject"] as const) {
    const read = Promise.withResolvers<void>();
    const leave = admission.enter(read.promise);
    leave?.();
    assert(leave && !admission.enter(undefined), "the reply is not read yet");
    read[settle]();
    await read.promise.catch(() => {});
    const done = admission.enter(undefined);
    assert(done && !admission.enter(undefined), "room again");
    done();
  }
});
