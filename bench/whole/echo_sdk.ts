/** SDK v2's bare echo: both eras over HTTP, one tool, nothing beside. It exists for bench/whole/official.ts alone. */
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

const handler = createMcpHandler(() => {
  const server = new McpServer({ name: "echo", version: "1" });
  const schemas = { description: "Gives a text back", inputSchema: z.object({ message: z.string() }) };
  server.registerTool("echo", schemas, ({ message }) => ({ content: [{ type: "text", text: message }] }));
  return server;
});
Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  // deno-lint-ignore no-console -- It says where it is.
  onListen: ({ port }) => console.log(`Listening on 127.0.0.1:${port}`),
}, (request) => handler.fetch(request));
