import { z } from "zod";
import { bareEnvironment, ROOT, SERVER_FLAGS } from "../services/server.ts";
import type { KubernetesObject } from "./objects.ts";
import { workloads } from "./pods.ts";

const dataSchema = z.record(z.string(), z.string());

/** The environment that a build gives the server's container, with the values of Secrets by their names. */
export function serverEnvironment(
  objects: readonly KubernetesObject[],
  secrets: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Record<string, string> {
  const container = workloads(objects).find(({ is }) => is === "Deployment/mcp-server")?.containers[0];
  if (!container) throw new Error("Cannot find the server's container");
  const fromConfigMaps = container.envFrom.map(({ configMapRef }) =>
    dataSchema.parse(
      objects.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === configMapRef?.name)?.["data"],
    )
  );
  const own = container.env.map(({ name, value, valueFrom }) => {
    const { secretKeyRef, fieldRef } = valueFrom ?? {};
    const secret = secretKeyRef && secrets[secretKeyRef.name]?.[secretKeyRef.key];
    if (secretKeyRef && secret === undefined) {
      throw new Error(`Cannot find ${secretKeyRef.key} in the Secret ${secretKeyRef.name}`);
    }
    return [name, value ?? secret ?? fieldRef?.fieldPath ?? ""] as const;
  });
  return Object.assign({}, ...fromConfigMaps, Object.fromEntries(own));
}

/** `main.ts --check-config` with an environment. @returns its exit code and what it printed. */
export async function checkConfig(environment: Record<string, string>): Promise<readonly [code: number, text: string]> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...SERVER_FLAGS, `${ROOT}main.ts`, "--check-config"],
    env: { ...bareEnvironment(), ...environment },
    clearEnv: true,
    cwd: ROOT,
    signal: AbortSignal.timeout(30_000),
  }).output();
  return [code, new TextDecoder().decode(stdout)];
}
