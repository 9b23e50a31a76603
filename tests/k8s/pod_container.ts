import { z } from "zod";
import { docker, type Ended, tryDocker } from "../services/engine.ts";
import { find, type KubernetesObject } from "./objects.ts";
import type { Workload } from "./pods.ts";

/** A pod's container, run by the machine's own engine as the manifest says, with no network but its own loopback. */
export interface PodContainer extends AsyncDisposable {
  exec(command: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
  output(): Promise<string>;
  /** SIGTERM, or what the image has for it. @returns its exit code */
  stop(): Promise<number>;
}

/**
 * Runs the one container of a workload under its user, without capabilities, with a read-only root, and with the
 * volumes, the command, the arguments and the environment that it has in a cluster. Its volumes are folders of this machine.
 *
 * @param secret the value of every entry of a Secret
 */
export async function runPodContainer(
  objects: readonly KubernetesObject[],
  { is, template: { spec: pod }, containers }: Workload,
  secret: string,
): Promise<PodContainer> {
  const [container] = containers;
  if (!container) throw new Error(`Cannot find the container of ${is}`);
  const { runAsUser: user, runAsGroup: group } = z.looseObject({ runAsUser: z.number(), runAsGroup: z.number() })
    .parse(pod.securityContext);
  const folder = await Deno.makeTempDir({ prefix: "pod-" });
  await Deno.chmod(folder, 0o755);
  const mounts = await Promise.all(container.volumeMounts.map(async ({ name, mountPath }) => {
    const configMap = pod.volumes.find((one) => one.name === name)?.["configMap"];
    await Deno.mkdir(`${folder}/${name}`);
    if (configMap === undefined) {
      // An empty volume of the pod's group is like this.
      await Deno.chmod(`${folder}/${name}`, 0o777);
      return ["--volume", `${folder}/${name}:${mountPath}`];
    }
    const { name: source } = z.looseObject({ name: z.string() }).parse(configMap);
    const data = z.record(z.string(), z.string()).parse(find(objects, "ConfigMap", source)["data"]);
    for (const [file, text] of Object.entries(data)) await Deno.writeTextFile(`${folder}/${name}/${file}`, text);
    return ["--volume", `${folder}/${name}:${mountPath}:ro`];
  }));
  const env = container.env.flatMap(({ name, value }) => ["--env", `${name}=${value ?? secret}`]);
  const [entry, ...command] = [...container.command ?? [], ...container.args ?? []];
  const started = container.command
    ? ["--entrypoint", entry ?? "", container.image, ...command]
    : [container.image, ...container.args ?? []];
  const id = await docker(
    ...["run", "--detach", "--network=none", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"],
    ...["--user", `${user}:${group}`, ...mounts.flat(), ...env, ...started],
  );
  return {
    exec: (words, given = {}) =>
      tryDocker(
        "exec",
        ...Object.entries(given).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
        id,
        ...words,
      ),
    output: async () => (await tryDocker("logs", id)).output,
    async stop() {
      await docker("stop", "--time=20", id);
      return Number(await docker("inspect", "--format", "{{.State.ExitCode}}", id));
    },
    async [Symbol.asyncDispose]() {
      await docker("rm", "--force", "--volumes", id);
      await Deno.remove(folder, { recursive: true });
    },
  };
}
