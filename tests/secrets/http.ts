import { connectRaw, head } from "../server/raw_client.ts";
import { forAll, request } from "./caller.ts";
import type { World } from "./world.ts";

const HEADERS = ["user-agent", "cookie", "authorization", "x-forwarded-for", "traceparent", "origin", "accept"]
  .concat("content-type");

/** In paths, queries and headers of HTTP. */
export async function askOverHttp({ planted, server, sinks }: World): Promise<void> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "mcp.tools.list" });
  await forAll(planted, async ({ text }) => {
    const line = text.includes("\n") ? JSON.stringify(text) : text;
    const encoded = encodeURIComponent(text);
    await request(server, sinks, "a path", `/${encoded}`);
    await request(server, sinks, "a query", `/made-up?next=${encoded}`);
    await request(server, sinks, "GET /mcp with a query", `/mcp?next=${encoded}`);
    for (const name of HEADERS) {
      const headers = { "content-type": "application/json", [name]: line };
      await request(server, sinks, `POST /mcp with ${name}`, "/mcp", { method: "POST", headers, body });
    }
    for (const headers of [{ host: line }, { host: `127.0.0.1:${server.port}`, upgrade: line }]) {
      await using client = await connectRaw(server.port);
      await client.send(head("GET /mcp", { ...headers, connection: "close", "sec-websocket-protocol": line }));
      sinks.add("answer to a raw request", new TextDecoder().decode(await client.readAll()));
    }
  });
  for (const path of ["/metrics", "/health", "/ready", "/live"]) await request(server, sinks, path, path);
}
