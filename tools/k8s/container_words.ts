import { shorten } from "./list_notes.ts";
import type { Condition, ContainerState, Probe } from "./pod_shape.ts";

/** A container's state in a sentence: `waiting CrashLoopBackOff: back-off 5m0s …`. */
export function stateWords(state: ContainerState | undefined, charsMax: number): string | undefined {
  if (state?.waiting) {
    const { reason = "", message } = state.waiting;
    return shorten(`waiting ${reason}${message ? `: ${message}` : ""}`, charsMax);
  }
  if (state?.running) return `running${state.running.startedAt ? ` since ${state.running.startedAt}` : ""}`;
  if (!state?.terminated) return undefined;
  const { exitCode, signal, reason, message, startedAt, finishedAt } = state.terminated;
  const how = `terminated with exit code ${exitCode}${signal ? ` by signal ${signal}` : ""}${
    reason ? ` (${reason})` : ""
  }`;
  const when = finishedAt ? ` at ${finishedAt}` : "";
  const ran = startedAt && finishedAt
    ? ` after ${Math.round((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000)} s`
    : "";
  return shorten(`${how}${when}${ran}${message ? `: ${message}` : ""}`, charsMax);
}

/** A probe in a sentence: `GET :8080/healthz every 10 s, fails after 3`. */
export function probeWords(probe: Probe | undefined, charsMax: number): string | undefined {
  if (!probe) return undefined;
  const { httpGet, tcpSocket, grpc, exec, initialDelaySeconds, periodSeconds, timeoutSeconds, failureThreshold } =
    probe;
  const what = httpGet
    ? `GET :${httpGet.port}${httpGet.path ?? "/"}`
    : tcpSocket
    ? `TCP :${tcpSocket.port}`
    : grpc
    ? `gRPC :${grpc.port}`
    : `exec ${exec?.command?.join(" ") ?? ""}`;
  return shorten(what, charsMax) + (initialDelaySeconds ? ` after ${initialDelaySeconds} s` : "") +
    ` every ${periodSeconds ?? 10} s, timeout ${timeoutSeconds ?? 1} s, fails after ${failureThreshold ?? 3}`;
}

/** A condition in a sentence: `Ready=False ContainersNotReady: …`. */
export function conditionWords({ type, status, reason, message }: Condition, charsMax: number): string {
  return shorten(`${type}=${status}${reason ? ` ${reason}` : ""}${message ? `: ${message}` : ""}`, charsMax);
}

/** `cpu 100m, memory 128Mi` */
export function quantityWords(quantities: Readonly<Record<string, string>> | undefined): string | undefined {
  const words = Object.entries(quantities ?? {}).map(([name, quantity]) => `${name} ${quantity}`);
  return words.length === 0 ? undefined : words.join(", ");
}
