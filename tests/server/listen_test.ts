import assert from "node:assert/strict";
import { listen, printAddress } from "../../server/listen.ts";

Deno.test("an address is printed so that its port can be told", () => {
  assert.equal(printAddress({ hostname: "0.0.0.0", port: 9000 }), "0.0.0.0:9000");
  assert.equal(printAddress({ hostname: "::1", port: 9000 }), "[::1]:9000");
});

Deno.test("a listener on any free port tells which, and answers", async () => {
  const listener = listen("127.0.0.1", 0, () => new Response("here"));
  const { hostname, port } = listener.addr;
  assert.equal(await (await fetch(`http://${hostname}:${port}/`)).text(), "here");
  await listener.shutdown();
});

Deno.test("a port that is taken is named, and what to change", async () => {
  const first = listen("127.0.0.1", 0, () => new Response());
  const { port } = first.addr;
  const words = `Cannot listen on 127.0.0.1:${port}: another program uses this port, set PORT to a free one`;
  assert.throws(() => listen("127.0.0.1", port, () => new Response()), { message: words });
  await first.shutdown();
});

Deno.test("an address that is not this machine's is named", () => {
  assert.throws(() => listen("192.0.2.1", 0, () => new Response()), /^Error: Cannot listen on 192\.0\.2\.1:0: .+/);
});
