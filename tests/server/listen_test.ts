import assert from "node:assert/strict";
import { listen, printAddress } from "../../server/listen.ts";

Deno.test("an address is printed so that its port can be told", () => {
  const cases: [Deno.Addr, string][] = [
    [{ transport: "tcp", hostname: "0.0.0.0", port: 9000 }, "0.0.0.0:9000"],
    [{ transport: "tcp", hostname: "::1", port: 9000 }, "[::1]:9000"],
    [{ transport: "unix", path: "/run/mcp.sock" }, "unix:/run/mcp.sock"],
    [{ transport: "vsock", cid: 3, port: 9000 }, "vsock:3:9000"],
  ];
  for (const [address, printed] of cases) assert.equal(printAddress(address), printed);
});

Deno.test("a listener on any free port tells which, and answers", async () => {
  const listener = listen("127.0.0.1", 0, () => new Response("here"));
  const printed = printAddress(listener.addr);
  assert.match(printed, /^127\.0\.0\.1:[1-9]\d*$/);
  assert.equal(await (await fetch(`http://${printed}/`)).text(), "here");
  await listener.shutdown();
});

Deno.test("a port that is taken is named, and what to change", async () => {
  const first = listen("127.0.0.1", 0, () => new Response());
  const [, port = ""] = printAddress(first.addr).split(":");
  const words = `Cannot listen on 127.0.0.1:${port}: another program uses this port, set PORT to a free one`;
  assert.throws(() => listen("127.0.0.1", Number(port), () => new Response()), { message: words });
  await first.shutdown();
});

Deno.test("an address that is not this machine's is named", () => {
  assert.throws(() => listen("192.0.2.1", 0, () => new Response()), /^Error: Cannot listen on 192\.0\.2\.1:0: .+/);
});
