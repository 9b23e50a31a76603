import assert from "node:assert/strict";
import { OWN_SECRET, startEdge } from "./edge.ts";
import { connectRaw } from "./raw_client.ts";

const REQUESTS: readonly (readonly [what: string, path: string, headers: string])[] = [
  ["a path", `/${OWN_SECRET}`, "host: localhost"],
  ["a content type", "/mcp", `host: localhost\r\ncontent-type: ${OWN_SECRET}`],
  ["a content type of the lab", "/test/ctx", `host: localhost\r\ncontent-type: ${OWN_SECRET}`],
  ["a host", "/mcp", `host: ${OWN_SECRET}.example`],
  ["an origin", "/mcp", `host: localhost\r\norigin: https://${OWN_SECRET}.example`],
];

for (const [what, path, headers] of REQUESTS) {
  Deno.test(`${what} is repeated in a refusal without what the operator's own patterns hide`, async () => {
    await using edge = await startEdge();
    await using peer = await connectRaw(edge.port);
    await peer.send(`POST ${path} HTTP/1.1\r\n${headers}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
    const answer = await peer.readUntil("REDACTED");
    assert.match(answer, /^HTTP\/1\.1 4\d\d /);
    assert(!answer.includes(OWN_SECRET), answer);
  });
}
