import assert from "node:assert/strict";
import { kustomize } from "./objects.ts";
import { checkConfig, serverEnvironment } from "./server_environment.ts";
import { makeStandIns } from "./stand_ins/stand_ins.ts";
import { NOTHING } from "./stand_ins/world.ts";

await using machine = await makeStandIns();
machine.reset({ ...NOTHING, clusters: ["mcp-lab"], objects: ["Namespace/mcp-lab"] });
await machine.run("scripts/secrets.sh");
const { secrets } = machine.world;

Deno.test("the server takes the lab's environment, with the Secrets that secrets.sh makes", async () => {
  assert.deepEqual(await checkConfig(serverEnvironment(await kustomize("k8s"), secrets)), [
    0,
    "The settings are valid\n",
  ]);
});

Deno.test("production says what is to be filled in, and takes it when it is", async () => {
  const production = serverEnvironment(await kustomize("k8s/overlays/production"), secrets);
  const [code, text] = await checkConfig(production);
  assert.equal(code, 2);
  for (const name of ["OIDC_ISSUER", "PUBLIC_URL"]) assert.match(text, new RegExp(`Invalid setting ${name}: expected`));
  const filled = {
    PUBLIC_URL: "https://mcp.example.com",
    OIDC_ISSUER: "https://login.example.com/realms/ops",
    TRUSTED_PROXIES: "10.244.0.0/16",
    PROMETHEUS_URL: "http://prometheus.monitoring:9090",
  };
  assert.deepEqual(Object.keys(filled).filter((name) => production[name] !== ""), [], "Each is empty in settings.env");
  assert.deepEqual(await checkConfig({ ...production, ...filled }), [0, "The settings are valid\n"]);
  // With API keys in place of an issuer.
  assert.deepEqual(await checkConfig({ ...production, AUTH_MODE: "token" }), [0, "The settings are valid\n"]);
});
