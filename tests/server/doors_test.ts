import assert from "node:assert/strict";
import { Hono } from "hono";
import { createDoor, type DoorOptions } from "../../server/doors.ts";

function door(options: Partial<DoorOptions>) {
  const refusals: string[] = [];
  const onRefusal = (reason: string) => refusals.push(reason);
  const app = new Hono();
  const { around, admitsProgram } = createDoor({
    loopback: true,
    allowedHosts: [],
    allowedOrigins: [],
    onRefusal,
    ...options,
  });
  app.use(around);
  app.all("*", (context) => context.text("inside"));
  const knock = (headers: Record<string, string>, url = "http://nowhere.example/mcp") => app.request(url, { headers });
  return { refusals, knock, admitsProgram };
}

type Case = readonly [headers: Record<string, string>, expected: "inside" | "host" | "origin"];

async function check(options: Partial<DoorOptions>, cases: readonly Case[]): Promise<void> {
  for (const [headers, expected] of cases) {
    const { refusals, knock, admitsProgram } = door(options);
    assert(
      expected === "inside" || !admitsProgram(new Headers(headers)),
      "the short way lets nobody in who is refused",
    );
    const response = await knock(headers);
    const body = await response.text();
    const words = JSON.stringify(headers);
    if (expected === "inside") {
      assert.deepEqual([response.status, body, refusals], [200, "inside", []], words);
    } else {
      assert.deepEqual([response.status, refusals], [403, [expected]], words);
      assert(JSON.parse(body).error.includes(expected === "host" ? "ALLOWED_HOSTS" : "ALLOWED_ORIGINS"), words);
    }
  }
}

const host = (name: string, expected: Case[1]): Case => [{ host: name }, expected];

Deno.test("bound to this machine, only this machine's names are served, whatever the port", () =>
  check({ loopback: true }, [
    host("localhost:9000", "inside"),
    host("localhost", "inside"),
    host("LOCALHOST:9000", "inside"),
    host("127.0.0.1:9000", "inside"),
    host("127.1.2.3", "inside"),
    host("[::1]:9000", "inside"),
    host("[::1]", "inside"),
    // A name that was rebound to this address.
    host("evil.example:9000", "host"),
    host("localhost.evil.example", "host"),
    host("evil-localhost", "host"),
    host("127.0.0.1.evil.example:9000", "host"),
    host("127.0.0.1.nip.io", "host"),
    host("localhost.", "host"),
    host("localhost:9000:9000", "host"),
    host("evil.example#localhost", "host"),
    host("localhost@evil.example", "host"),
    host("localhost, evil.example", "host"),
    host("[::1].evil.example", "host"),
    host("[::2]:9000", "host"),
    host("0.0.0.0:9000", "host"),
    host("10.0.0.7:9000", "host"),
    host("mcp-server:9000", "host"),
    host("mcp-server.mcp-lab.svc.cluster.local:9000", "host"),
    host(":9000", "host"),
    host("", "host"),
    [{}, "host"],
  ]));

Deno.test("where HTTP/2 has no Host header, the URL's host is looked at", async () => {
  const { knock } = door({ loopback: true });
  const cases: [string, Record<string, string>, number][] = [
    ["http://localhost:9000/mcp", {}, 200],
    ["http://evil.example:9000/mcp", {}, 403],
    ["http://localhost:9000/mcp", { origin: "http://localhost:9000" }, 200],
    ["http://localhost:9000/mcp", { origin: "http://evil.example" }, 403],
    ["http://localhost:9000/mcp", { host: "evil.example" }, 403],
    ["http://localhost:9000/mcp", { host: "" }, 403],
  ];
  for (const [url, headers, status] of cases) {
    assert.equal((await knock(headers, url)).status, status, `${url} ${JSON.stringify(headers)}`);
  }
});

Deno.test("bound to every address, names that nobody outside can point here are served too", () =>
  check({ loopback: false }, [
    host("localhost:9000", "inside"),
    host("10.244.1.7:9000", "inside"),
    host("[fd00::7]:9000", "inside"),
    host("[::ffff:10.0.0.7]:9000", "inside"),
    host("mcp-server:9000", "inside"),
    host("MCP-Server", "inside"),
    host("mcp-server.mcp-lab.svc:9000", "inside"),
    host("mcp-server.mcp-lab.svc.cluster.local:9000", "inside"),
    host("evil.example:9000", "host"),
    host("evil.com", "host"),
    host("localhost.evil.com", "host"),
    host("mcp-server.mcp-lab.svc.evil.com", "host"),
    host("svc.cluster.local.evil.com", "host"),
    host("evil.com.", "host"),
    host("10.0.0.7.evil.com", "host"),
    host("1.2.3", "host"),
    host("[fd00::7", "host"),
    host("\u00e9vil", "host"),
    host("a b", "host"),
    host("", "host"),
  ]));

Deno.test("further hosts are served as the operator names them, in any case and on any port", async () => {
  for (const loopback of [true, false]) {
    await check({ loopback, allowedHosts: ["mcp.ops.example", "B.Ops.Example"] }, [
      host("mcp.ops.example", "inside"),
      host("MCP.Ops.Example:8443", "inside"),
      host("b.ops.example", "inside"),
      host("localhost:9000", "inside"),
      host("ops.example", "host"),
      host("a.mcp.ops.example", "host"),
      host("mcp.ops.example.evil.com", "host"),
    ]);
    await check({ loopback, allowedHosts: ["*"] }, [host("anything.example", "inside"), host("", "inside")]);
  }
});

const at = "localhost:9000";
const origin = (from: string, expected: Case[1]): Case => [{ host: at, origin: from }, expected];

Deno.test("only pages of the server's own origin may call", () =>
  check({ loopback: true }, [
    [{ host: at }, "inside"],
    origin("http://localhost:9000", "inside"),
    origin("http://LOCALHOST:9000", "inside"),
    // Behind a proxy that ends TLS.
    origin("https://localhost:9000", "inside"),
    [{ host: "LocalHost:9000", origin: "http://localhost:9000" }, "inside"],
    [{ host: "[::1]:9000", origin: "http://[::1]:9000" }, "inside"],
    // A name of this machine is no reason by itself: another program on it is another site.
    origin("http://localhost:3000", "origin"),
    origin("http://localhost", "origin"),
    origin("http://127.0.0.1:9000", "origin"),
    origin("http://evil.example", "origin"),
    origin("http://evil.example:9000", "origin"),
    origin("http://localhost.evil.example:9000", "origin"),
    origin("http://localhost:9000.evil.example", "origin"),
    origin("http://localhost:9000@evil.example", "origin"),
    origin("http://evil.example#@localhost:9000", "origin"),
    origin("http://evil.example?@localhost:9000", "origin"),
    origin("http://evil.example\\@localhost:9000", "origin"),
    origin("http://localhost:9000 http://evil.example", "origin"),
    // Sandboxed frames, files and data: pages.
    origin("null", "origin"),
    origin("", "origin"),
    origin("*", "origin"),
    origin("localhost:9000", "origin"),
    origin("file://", "origin"),
    origin("chrome-extension://localhost:9000", "origin"),
  ]));

Deno.test("further origins may call as the operator names them, to the letter", () =>
  check({ loopback: true, allowedOrigins: ["https://ops.example", "http://localhost:3000"] }, [
    origin("https://ops.example", "inside"),
    origin("http://localhost:3000", "inside"),
    origin("http://ops.example", "origin"),
    origin("https://ops.example:8443", "origin"),
    origin("https://a.ops.example", "origin"),
    origin("https://ops.example.evil.com", "origin"),
  ]));

Deno.test("an allowed origin does not open the door to a foreign host", () =>
  check({ loopback: true, allowedOrigins: ["https://ops.example"] }, [
    [{ host: "evil.example", origin: "https://ops.example" }, "host"],
    [{ host: "evil.example", origin: "http://evil.example" }, "host"],
  ]));

const fetchFrom = (site: string, mode: string, expected: Case[1]): Case => [
  { host: at, "sec-fetch-site": site, "sec-fetch-mode": mode },
  expected,
];

Deno.test("a page of another site cannot fetch where browsers send no Origin, but a link to here may be followed", () =>
  check({ loopback: true }, [
    fetchFrom("cross-site", "no-cors", "origin"),
    fetchFrom("cross-site", "cors", "origin"),
    fetchFrom("cross-site", "websocket", "origin"),
    // Another port of this machine is the same site and another origin.
    fetchFrom("same-site", "no-cors", "origin"),
    fetchFrom("cross-site", "navigate", "inside"),
    fetchFrom("same-site", "navigate", "inside"),
    fetchFrom("same-origin", "cors", "inside"),
    fetchFrom("same-origin", "no-cors", "inside"),
    // Typed into the address bar.
    fetchFrom("none", "navigate", "inside"),
    // A form of another site that is sent here.
    [
      { host: at, origin: "http://evil.example", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" },
      "origin",
    ],
    [{ host: at, origin: "null", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }, "origin"],
  ]));

Deno.test("a page of an allowed origin may fetch from another site", () =>
  check({ loopback: true, allowedOrigins: ["https://ops.example"] }, [
    [{ host: at, origin: "https://ops.example", "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" }, "inside"],
  ]));
