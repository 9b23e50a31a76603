import type { Workload } from "./pods.ts";

/** The volumes that the Pod Security Standard `restricted` lets pods have. */
const VOLUMES: ReadonlySet<string> = new Set([
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
]);

/**
 * What a workload's pods break of the Pod Security Standard `restricted`, by
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/. The namespace's admission would refuse them.
 */
export function brokenRules({ is, template: { spec: pod }, containers }: Workload): readonly string[] {
  const broken: string[] = [];
  const rule = (kept: boolean, words: string) => {
    if (!kept) broken.push(`${is}: ${words}`);
  };
  rule(!pod.hostNetwork && !pod.hostPID && !pod.hostIPC, "shares a namespace of its node");
  for (const volume of pod.volumes) {
    const kinds = Object.keys(volume).filter((key) => key !== "name");
    rule(kinds.every((kind) => VOLUMES.has(kind)), `volume ${volume.name} is ${kinds.join(", ")}`);
  }
  for (const { name, ports, securityContext: own = {}, ...container } of containers) {
    const inherited = pod.securityContext ?? {};
    rule(!own.privileged, `${name} is privileged`);
    rule(own.allowPrivilegeEscalation === false, `${name} may gain privileges`);
    rule(own.capabilities?.drop?.includes("ALL") === true, `${name} keeps capabilities`);
    rule((own.capabilities?.add ?? []).every((one) => one === "NET_BIND_SERVICE"), `${name} adds capabilities`);
    rule((own.runAsNonRoot ?? inherited.runAsNonRoot) === true, `${name} may run as root`);
    rule((own.runAsUser ?? inherited.runAsUser) !== 0, `${name} runs as root`);
    const seccomp = (own.seccompProfile ?? inherited.seccompProfile)?.type;
    rule(seccomp === "RuntimeDefault" || seccomp === "Localhost", `${name} has seccomp profile ${seccomp}`);
    rule(own.procMount === undefined || own.procMount === "Default", `${name} has procMount ${own.procMount}`);
    rule(ports.every(({ hostPort }) => hostPort === undefined), `${name} takes a port of its node`);
    rule(!("hostProcess" in container), `${name} is a process of its host`);
  }
  return broken;
}
