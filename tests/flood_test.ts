import assert from "node:assert/strict";
import { connectRaw, handshake } from "./server/raw_client.ts";
import { startServer } from "./services/server.ts";
import { openSocket } from "./services/socket.ts";

const SENT = 50_000;

Deno.test("while one connection sends faster than it is answered, another is served", async () => {
  await using server = await startServer();
  await using other = await openSocket(server.socketUrl);
  await other.call("mcp.tools.list");
  const flood = await connectRaw(server.port);
  await flood.send(handshake(server.port));
  await flood.readUntil("\r\n\r\n");
  const answered = async () => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    return Number(/^mcp_refusals_total\{reason="unknown_method"\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
  };
  // Its connection may be closed in the middle of both.
  const sending = flood.sendText(...Array<string>(SENT).fill('{"jsonrpc":"2.0","id":1,"method":"x"}')).catch(() => {});
  const reading = flood.readAll().catch(() => {});
  while (await answered() === 0);
  assert.ok((await other.call("mcp.tools.list")).result);
  const before = await answered();
  assert(before < SENT, `It was answered after ${before} messages of the other`);
  await flood[Symbol.asyncDispose]();
  await Promise.all([sending, reading]);
});
