import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { startServer } from "../../services/server.ts";
import { startWritableApi } from "../k8s_write/writes.ts";
import { CART, PARAMETERS, PLAN } from "./lab.ts";

Deno.test("a server runs what was previewed: an intent is in its log before the change is sent, and a record after", async () => {
  await using api = await startWritableApi();
  const folder = await Deno.makeTempDir({ prefix: "runbook-server-" });
  await using _folder = { [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
  await Deno.mkdir(`${folder}/runbooks`);
  await Deno.writeTextFile(`${folder}/runbooks/cart.md`, CART);
  await using server = await startServer({
    TOOLSETS: "runbook,runbook-run,k8s-write",
    RUNBOOK_DIR: `${folder}/runbooks`,
    DATA_DIR: folder,
    KUBE_API_URL: api.url,
    KUBE_TOKEN: api.token,
    KUBE_CA: api.certificates.authority,
  });
  const call = async (method: string, params: unknown) => {
    const response = await fetch(`${server.url}/mcp`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    return await response.json();
  };
  const { result: { plan } } = await call("runbook.preview", PLAN);
  const atPatch: { readonly intended: unknown; readonly recorded: unknown }[] = [];
  api.interfere(({ method, url, headers }) => {
    assert.equal(headers["impersonate-user"], undefined);
    if (method === "PATCH" && !url.searchParams.has("dryRun")) {
      using database = new DatabaseSync(`${folder}/mcp.db`, { readOnly: true });
      const open =
        "FROM audit_intents AS i WHERE NOT EXISTS (SELECT 1 FROM audit_logs AS l WHERE l.event_id = i.event_id)";
      const intended = database.prepare(`SELECT tool_name ${open} ORDER BY tool_name`).all().map((row) =>
        row["tool_name"]
      );
      const recorded = database.prepare("SELECT count(*) AS count FROM audit_logs").get()?.["count"];
      atPatch.push({ intended, recorded });
    }
    return undefined;
  });
  const run = { runbook_id: "cart", parameters: PARAMETERS, digest: plan.digest, steps: [4] };
  const { result } = await call("runbook.run", run);
  assert.equal(result.completed, true);
  // Before it: the preview with its three calls, and the run's own three.
  assert.deepEqual(atPatch, [{ intended: ["k8s.scale", "runbook.run"], recorded: 7 }]);
  const again = await call("runbook.run", run);
  assert.deepEqual([again.error.code, again.error.data.changed], [-32009, ["the values"]]);
  using database = new DatabaseSync(`${folder}/mcp.db`, { readOnly: true });
  const orphans = database.prepare(
    "SELECT count(*) AS count FROM audit_intents WHERE event_id NOT IN (SELECT event_id FROM audit_logs)",
  ).get();
  assert.equal(orphans?.["count"], 0, "each intent has its record");
});
