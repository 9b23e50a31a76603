import assert from "node:assert/strict";
import { createToolNames, officialName } from "../../../server/mcp/tool_names.ts";

const resolve = createToolNames([{ name: "ctx.get" }, { name: "k8s.list_pods" }, { name: "mcp.tools.list" }]);

for (
  const [given, tool] of [
    ["ctx_get", "ctx.get"],
    ["ctx.get", "ctx.get"],
    ["k8s_list_pods", "k8s.list_pods"],
    ["mcp_tools_list", "mcp.tools.list"],
    // Nothing else becomes a tool's name.
    ["CTX_get", "CTX_get"],
    ["ctx-get", "ctx-get"],
    ["ctx_get ", "ctx_get "],
    ["k8s_list.pods", "k8s_list.pods"],
    ["сtx_get", "сtx_get"],
    ["__proto__", "__proto__"],
    ["constructor", "constructor"],
    ["", ""],
  ] as const
) {
  Deno.test(`the name ${JSON.stringify(given)} is taken for ${JSON.stringify(tool)}`, () => {
    assert.equal(resolve(given), tool);
  });
}

Deno.test("a listed name is one that clients take", () => {
  for (const name of ["ctx.get", "k8s.list_pods", "mcp.tools.list"]) {
    assert.match(officialName(name), /^[a-zA-Z0-9_-]{1,64}$/);
  }
});
