import { type Access, refuse } from "./access.ts";
import { type Answer, failure, recordedFailure } from "./answer.ts";
import { getNamespace, listNamespaces, listPods } from "./list.ts";
import { objectRoute, type ObjectStore } from "./objects.ts";
import type { WorldLogs } from "./logs.ts";
import { podLog } from "./pod_log.ts";
import type { World } from "./world.ts";

export interface RouteContext {
  readonly world: World;
  /** Objects of other kinds than pods. */
  readonly objects: ObjectStore;
  readonly logs: WorldLogs;
  /** ISO 8601: what `sinceSeconds` counts back from. */
  readonly now: string;
  readonly access: Access;
}

/** Answers a GET of the paths that the server under test knows; any other path is unknown here too. */
export function route(url: URL, accept: string, { world, objects, logs, now, access }: RouteContext): Answer {
  const { pathname, searchParams } = url;
  const [, namespace, collection, name, subresource] =
    /^\/api\/v1\/namespaces(?:\/([^/]+)(?:\/([^/]+)(?:\/([^/]+)(?:\/([^/]+))?)?)?)?$/.exec(pathname) ?? [];
  if (pathname === "/api/v1/namespaces" && !accept.includes("as=Table")) {
    return refuse(access, { verb: "list", resource: "namespaces" }) ?? listNamespaces(world, accept);
  }
  if (namespace !== undefined && collection === undefined) {
    const attributes = { verb: "get", resource: "namespaces", namespace, name: namespace };
    return refuse(access, attributes) ?? getNamespace(world, namespace);
  }
  if (namespace !== undefined && collection === "pods" && name === undefined) {
    const name = /^metadata\.name=(.*)$/.exec(searchParams.get("fieldSelector") ?? "")?.[1];
    return refuse(access, { verb: "list", resource: "pods", namespace, name }) ??
      listPods(world, namespace, searchParams, accept);
  }
  if (namespace !== undefined && collection === "pods" && name !== undefined && subresource === "log") {
    const refusal = refuse(access, { verb: "get", resource: "pods/log", namespace, name });
    if (refusal) return refusal;
    const pod = world.namespaces.get(namespace)?.find((candidate) => candidate.name === name);
    if (!pod) return failure(404, "NotFound", `pods "${name}" not found`, { name, kind: "pods" });
    return podLog(logs, pod, namespace, searchParams, now);
  }
  return objectRoute(url, accept, { world, objects, access }) ?? recordedFailure("errors/404-unknown-path.json");
}
