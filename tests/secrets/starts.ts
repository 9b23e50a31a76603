import { bareEnvironment, ROOT, SERVER_FLAGS, startServer } from "../services/server.ts";
import { openSocket } from "../services/socket.ts";
import { call, callAll, forAll } from "./caller.ts";
import type { World } from "./world.ts";

/** Settings that refuse what is no URL, no key, no number, no word of theirs or no pattern. */
const SETTINGS = ["REDIS_URL", "DATABASE_URL", "PROMETHEUS_URL", "KUBE_API_URL", "PUBLIC_URL", "AUDIT_SIGNING_KEY"]
  .concat("REDACT_PATTERNS", "PORT", "ALLOWED_ORIGINS", "TRUSTED_PROXIES", "LOKI_URL", "OIDC_ISSUER", "TOOLSETS")
  .concat("ALLOWED_HOSTS", "AUDIT_TRUSTED_KEYS", "AUDIT_OUTAGE", "AUTH_MODE", "LOG_LEVEL", "REPLICAS", "MCP_DIRECT");

/** Settings that cannot be used, and a file that one names: what is said of them. */
export async function failToStart({ planted, sinks }: World): Promise<void> {
  const chunks = Array.from(
    { length: Math.ceil(planted.length / SETTINGS.length) },
    (_, chunk) => planted.slice(chunk * SETTINGS.length, (chunk + 1) * SETTINGS.length),
  );
  await forAll(chunks, async (chunk) => {
    const settings = Object.fromEntries(chunk.map(({ text }, index) => [SETTINGS[index], text]));
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", ...SERVER_FLAGS, `${ROOT}main.ts`, "--check-config"],
      env: { ...bareEnvironment(), ...settings },
      clearEnv: true,
      cwd: ROOT,
    }).output();
    for (const output of [stdout, stderr]) sinks.add("settings that are refused", new TextDecoder().decode(output));
  }, 2);

  const kubeconfig = await Deno.makeTempFile({ prefix: "kubeconfig-" });
  const users = planted.map(({ text }, n) => `- name: user-${n}\n  user:\n    token: ${JSON.stringify(text)}`);
  await Deno.writeTextFile(kubeconfig, `users:\n${users.join("\n")}\n   client: ${planted[0]?.text}\n: [`);
  await using server = await startServer({ KUBECONFIG: kubeconfig, LOG_FORMAT: "json", LOG_LEVEL: "debug" });
  await using socket = await openSocket(server.socketUrl);
  await callAll(socket, sinks, [call("a broken kubeconfig", "k8s.list_pods", { namespace: "a" })]);
  sinks.add("output with a broken kubeconfig", server.output());
  await Deno.remove(kubeconfig);
}
