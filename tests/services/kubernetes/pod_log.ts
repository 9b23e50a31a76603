import { type Answer, failure, plain, recordedFailure } from "./answer.ts";
import { type LogOptions, printLog, type WorldLogs } from "./logs.ts";
import type { Recorded } from "./recorded.ts";
import type { WorldPod } from "./world.ts";

/** Answers `…/pods/<pod>/log` as the API server and the kubelet did for pods in such a state. */
export function podLog(logs: WorldLogs, pod: WorldPod, namespace: string, query: URLSearchParams, now: string): Answer {
  const { spec, status } = pod.object;
  const names = (containers: Recorded[] = []) => containers.map(({ name }) => name as string);
  const mains = names(spec.containers);
  const all = [...mains, ...names(spec.initContainers), ...names(spec.ephemeralContainers)];
  const container = query.get("container") ?? mains[0];
  const badNumber = ["tailLines", "sinceSeconds", "limitBytes"].find((name) =>
    !/^(-?\d+)?$/.test(query.get(name) ?? "")
  );
  if (badNumber) return badRequest(`strconv.ParseInt: parsing "${query.get(badNumber)}": invalid syntax`);
  if (!query.has("container") && mains.length > 1) {
    const choice = [...mains, ...names(spec.ephemeralContainers)].join(" ");
    return badRequest(`a container name must be specified for pod ${pod.name}, choose one of: [${choice}]`);
  }
  if (container === undefined || !all.includes(container)) {
    return badRequest(`container ${container} is not valid for pod ${pod.name}`);
  }
  if (!spec.nodeName) return { status: 204, contentType: "text/plain", body: "" };
  if (spec.nodeName === "node2") {
    return recordedFailure("logs/errors/node-unreachable.json", {
      "mcp-lab/on-node2/main": `${namespace}/${pod.name}/${container}`,
    });
  }
  const previous = query.get("previous") === "true";
  const problem = unreadable(status, container, previous);
  if (problem) return badRequest(problem.replace("CONTAINER", `container "${container}" in pod "${pod.name}"`));
  const lines = logs.get(`${namespace}/${pod.name}/${container}${previous ? "/previous" : ""}`) ?? [];
  return plain(printLog(lines, optionsOf(query, now)));
}

function badRequest(message: string): Answer {
  return failure(400, "BadRequest", message);
}

/** The kubelet's words for a container without such a log. */
function unreadable(status: Recorded, container: string, previous: boolean): string | undefined {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = status;
  const found = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses]
    .find(({ name }: Recorded) => name === container);
  if (!found) return "CONTAINER is not available";
  const hasEnded = Boolean(found.lastState?.terminated);
  if (previous) return hasEnded ? undefined : "previous terminated CONTAINER not found";
  if (found.state.terminated?.reason === "ContainerStatusUnknown") return "CONTAINER is terminated";
  const reason = found.state.waiting?.reason;
  if (reason === undefined || hasEnded) return undefined;
  if (reason === "ImagePullBackOff") return "CONTAINER is waiting to start: trying and failing to pull image";
  if (reason === "ErrImagePull") return "CONTAINER is waiting to start: image can't be pulled";
  return `CONTAINER is waiting to start: ${reason}`;
}

function optionsOf(query: URLSearchParams, now: string): LogOptions {
  const number = (name: string) => query.has(name) ? Number(query.get(name)) : undefined;
  const sinceSeconds = number("sinceSeconds");
  return {
    timestamps: query.get("timestamps") === "true",
    tailLines: number("tailLines"),
    limitBytes: number("limitBytes"),
    since: sinceSeconds === undefined ? undefined : new Date(Date.parse(now) - sinceSeconds * 1000).toISOString(),
  };
}
