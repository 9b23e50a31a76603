import assert from "node:assert/strict";
import { refuseAnonymous } from "../../../server/auth/exposure.ts";

const anonymous = { AUTH_MODE: "none", ALLOW_ANONYMOUS: false, PUBLIC_URL: undefined } as const;
const elsewhere = { name: undefined } as const;

Deno.test("on Deno Deploy a server that asks nobody does not start, unless that is allowed", () => {
  const deploy = { name: "Deno Deploy" } as const;
  assert.throws(() => refuseAnonymous(anonymous, deploy), {
    name: "SettingError",
    message: 'Invalid setting AUTH_MODE="none": expected token or oidc, since the server runs on Deno Deploy and ' +
      "anyone who reaches it could call every tool. ALLOW_ANONYMOUS=true allows it nevertheless",
  });
  refuseAnonymous({ ...anonymous, ALLOW_ANONYMOUS: true }, deploy);
  refuseAnonymous({ ...anonymous, AUTH_MODE: "token" }, deploy);
  refuseAnonymous({ ...anonymous, AUTH_MODE: "oidc" }, deploy);
});

Deno.test("elsewhere it does not start under a PUBLIC_URL of the internet; names and addresses of inside are fine", () => {
  const cases: readonly (readonly [url: string, host: string | undefined])[] = [
    ["https://mcp.example.com", "mcp.example.com"],
    ["http://MCP.Example.com:9000/x", "mcp.example.com"],
    ["https://mcp.example.com./", "mcp.example.com"],
    ["https://192.0.2.1", "192.0.2.1"],
    ["https://172.32.0.1", "172.32.0.1"],
    ["https://[2001:db8::1]", "2001:db8::1"],
    ["https://svc.example", "svc.example"],
    ["http://localhost:9000", undefined],
    ["http://mcp.localhost", undefined],
    ["http://127.0.0.1:9000", undefined],
    ["http://10.1.2.3", undefined],
    ["http://172.31.0.1", undefined],
    ["http://192.168.1.1", undefined],
    ["http://100.64.0.1", undefined],
    ["http://[::1]:9000", undefined],
    ["http://[fd00::1]", undefined],
    ["http://[fe80::1]", undefined],
    ["http://mcp-server:9000", undefined],
    ["http://mcp-server.mcp-lab.svc", undefined],
    ["http://mcp-server.mcp-lab.svc.cluster.local", undefined],
    ["https://mcp.ops.internal", undefined],
    ["https://mcp.local", undefined],
    ["https://mcp.home.arpa", undefined],
  ];
  for (const [PUBLIC_URL, host] of cases) {
    const start = () => refuseAnonymous({ ...anonymous, PUBLIC_URL }, elsewhere);
    if (host === undefined) start();
    else assert.throws(start, (error: Error) => error.message.includes(`PUBLIC_URL names the public host "${host}"`));
    refuseAnonymous({ ...anonymous, PUBLIC_URL, ALLOW_ANONYMOUS: true }, elsewhere);
    refuseAnonymous({ ...anonymous, PUBLIC_URL, AUTH_MODE: "token" }, elsewhere);
  }
});

Deno.test("the lab, bound to every address, starts as it is", () => refuseAnonymous(anonymous, elsewhere));
