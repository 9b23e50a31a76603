import assert from "node:assert/strict";
import {
  PROTECTED_RESOURCE_PATHS,
  protectedResourceOf,
  protectedResourceRoutes,
} from "../../../server/auth/protected_resource.ts";

const options = {
  publicUrl: "https://mcp.ops.example/",
  issuer: "https://id.ops.example/realms/ops",
  scopes: ["mcp:read", "mcp:call"],
};

Deno.test("the resource is named by the URL that clients reach it by", () => {
  const rows: readonly (readonly [publicUrl: string, base: string])[] = [
    ["https://mcp.ops.example", "https://mcp.ops.example"],
    ["https://mcp.ops.example/", "https://mcp.ops.example"],
    ["https://ops.example:8443/tools/", "https://ops.example:8443/tools"],
    ["https://Ops.example:443//", "https://ops.example"],
    ["https://user:secret@ops.example/?a=b#c", "https://ops.example"],
  ];
  for (const [publicUrl, base] of rows) {
    assert.deepEqual(protectedResourceOf(publicUrl), {
      resource: `${base}/mcp`,
      metadataUrl: `${base}/.well-known/oauth-protected-resource/mcp`,
    });
  }
});

Deno.test("the metadata of RFC 9728 is at both paths, for every page to read", async () => {
  const routes = protectedResourceRoutes(options);
  assert.deepEqual(PROTECTED_RESOURCE_PATHS, [
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/mcp",
  ]);
  for (const path of PROTECTED_RESOURCE_PATHS) {
    const response = await routes.request(path);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "application/json");
    assert.equal(response.headers.get("access-control-allow-origin"), "*");
    assert.equal(response.headers.get("access-control-allow-credentials"), null);
    assert.deepEqual(await response.json(), {
      resource: "https://mcp.ops.example/mcp",
      authorization_servers: ["https://id.ops.example/realms/ops"],
      scopes_supported: ["mcp:read", "mcp:call"],
      bearer_methods_supported: ["header"],
      resource_name: "MCP operations server",
      resource_documentation: "https://mcp.ops.example/dashboard",
    });
  }
});

Deno.test("without scopes the metadata names none: an empty list is not allowed", async () => {
  const response = await protectedResourceRoutes({ ...options, scopes: [] }).request(
    "/.well-known/oauth-protected-resource",
  );
  assert.equal("scopes_supported" in await response.json(), false);
});

Deno.test("nothing but GET of the two paths is answered there", async () => {
  const routes = protectedResourceRoutes(options);
  for (const path of PROTECTED_RESOURCE_PATHS) {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      const response = await routes.request(path, { method });
      assert.equal(response.status, 404);
      assert.equal(response.headers.get("access-control-allow-origin"), null);
    }
  }
  assert.equal((await routes.request("/.well-known/oauth-protected-resource/other")).status, 404);
});
