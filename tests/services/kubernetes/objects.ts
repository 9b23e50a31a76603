import { type Access, refuse } from "./access.ts";
import { type Answer, failure, json } from "./answer.ts";
import { list, type Listed } from "./list.ts";
import { PLAIN_PRINTER, ROW_PRINTERS } from "./object_rows.ts";
import { type Recorded, recordedJson, recordedText } from "./recorded.ts";
import type { PodStream } from "./watch.ts";
import type { World, WorldPod } from "./world.ts";

/** Recorded lists, by resource. */
const RECORDED: readonly (readonly [resource: string, file: string])[] = [
  ["deployments.apps", "workloads/deployments.json"],
  ["deployments.apps", "workloads/deployments-shop.json"],
  ["replicasets.apps", "workloads/replicasets.json"],
  ["statefulsets.apps", "workloads/statefulsets.json"],
  ["daemonsets.apps", "workloads/daemonsets-empty.json"],
  ["jobs.batch", "workloads/jobs.json"],
  ["services", "workloads/services.json"],
  ["nodes", "workloads/nodes.json"],
  ["events", "events/core-v1.json"],
];

/** The cluster's objects of other kinds than pods, and what tests put beside them. */
export class ObjectStore {
  readonly #world: World;
  readonly #now: string;
  readonly #stream: PodStream;
  /** Sorted by key, which is name or namespace and name. */
  readonly #objects = new Map<string, Map<string, Recorded>>();

  constructor(world: World, now: string, stream: PodStream) {
    this.#world = world;
    this.#stream = stream;
    this.#now = now;
    for (const [resource, file] of RECORDED) {
      const { kind, apiVersion, items } = recordedJson(file);
      this.put(resource, items.map((item: Recorded) => ({ kind: kind.replace(/List$/, ""), apiVersion, ...item })));
    }
    this.put(
      "namespaces",
      Array.from(world.namespaces.keys(), (name) => ({ kind: "Namespace", apiVersion: "v1", metadata: { name } })),
    );
  }

  put(resource: string, objects: readonly Recorded[]): void {
    if (resource === "pods") return this.#putPods(objects);
    const stored = this.#objects.get(resource) ?? new Map<string, Recorded>();
    for (const object of objects) stored.set(keyOf(object), object);
    this.#objects.set(resource, stored);
  }

  /** The rows of a kind, of one namespace or of all; `undefined` for a kind that there is not. */
  rows(resource: string, namespace: string | undefined): Pick<Listed, "rows" | "columnDefinitions"> | undefined {
    if (resource === "pods") return this.#podRows(namespace);
    const stored = this.#objects.get(resource);
    if (!stored) return undefined;
    const { columns, cells } = ROW_PRINTERS[resource] ?? PLAIN_PRINTER;
    const rows = [...stored.values()]
      .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
      .map((object) => ({
        name: namespace === undefined ? keyOf(object) : object.metadata.name,
        cells: cells(object, this.#now),
        object,
      }));
    return { rows: sorted(rows), columnDefinitions: columns.map((name) => ({ name, priority: 0 })) };
  }

  /** Takes a pod away. */
  removePod(namespace: string, name: string): void {
    const { namespaces } = this.#world;
    const pods = namespaces.get(namespace) ?? [];
    const pod = pods.find((candidate) => candidate.name === name);
    if (!pod) throw new Error(`There is no pod ${namespace}/${name}`);
    namespaces.set(namespace, pods.filter((candidate) => candidate !== pod));
    this.#stream.happened("DELETED", namespace, pod);
  }

  #podRows(namespace: string | undefined): Pick<Listed, "rows" | "columnDefinitions"> {
    const { namespaces, columnDefinitions } = this.#world;
    const rows = [...namespaces].flatMap(([name, pods]) =>
      namespace === undefined
        ? pods.map((pod) => ({ ...pod, name: `${name}/${pod.name}` }))
        : name === namespace
        ? pods
        : []
    );
    return { rows: sorted(rows), columnDefinitions };
  }

  #putPods(objects: readonly Recorded[]): void {
    const { namespaces } = this.#world;
    for (const object of objects) {
      const { name, namespace } = object.metadata;
      const containers: Recorded[] = object.status?.containerStatuses ?? [];
      const waiting = containers.find(({ state }) => state?.waiting)?.state.waiting.reason;
      const ready = `${containers.filter(({ ready }) => ready).length}/${object.spec.containers.length}`;
      const restarts = containers.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0);
      const cells = [name, ready, waiting ?? object.status?.phase ?? "Pending", String(restarts), "1m"];
      const before = namespaces.get(namespace) ?? [];
      const others = before.filter((pod) => pod.name !== name);
      const pod = { name, cells: [...cells, "", "node1", "", ""], object };
      namespaces.set(namespace, sorted([...others, pod]));
      this.#stream.happened(others.length < before.length ? "MODIFIED" : "ADDED", namespace, pod);
    }
  }
}

/** Answers discovery and reads of objects; `undefined` for a path that this server does not know. */
export function objectRoute(
  { pathname, searchParams }: URL,
  accept: string,
  { world, objects, access }: { readonly world: World; readonly objects: ObjectStore; readonly access: Access },
): Answer | undefined {
  if (accept.includes("as=APIGroupDiscoveryList")) return discovery(pathname, access);
  const [, group = "", version, namespace, plural, name] =
    /^\/api(?:s\/([^/]+))?\/([^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?$/.exec(pathname) ?? [];
  if (plural === undefined) return undefined;
  const apiGroup = group && { apiGroup: group };
  const refusal = refuse(access, {
    verb: name === undefined ? "list" : "get",
    resource: plural,
    ...apiGroup,
    namespace,
    name,
  });
  if (refusal) return refusal;
  const found = objects.rows(group ? `${plural}.${group}` : plural, namespace);
  if (!found && group === "") return undefined;
  if (!found) return { status: 404, contentType: "text/plain", body: recordedText("errors/404-unknown-group.txt") };
  const apiVersion = group ? `${group}/${version}` : String(version);
  const kind = `${found.rows[0]?.object.kind ?? (plural === "pods" ? "Pod" : "Object")}List`;
  if (name === undefined) {
    return list({ kind, apiVersion, ...versionsOf(world), ...found }, searchParams, accept);
  }
  const row = found.rows.find((candidate) => candidate.name === name);
  if (!row) return failure(404, "NotFound", `${plural} "${name}" not found`, { name, kind: plural });
  return json({ kind: kind.replace(/List$/, ""), apiVersion, ...row.object });
}

/** A cluster tells its kinds to everyone whom it knows. */
function discovery(pathname: string, access: Access): Answer | undefined {
  if (pathname !== "/api" && pathname !== "/apis") return undefined;
  if (access.subject.user === "system:anonymous") return failure(403, "Forbidden", "forbidden: discovery");
  const answer = json(
    recordedJson(pathname === "/api" ? "discovery/aggregated-api.json" : "discovery/aggregated-apis.json"),
  );
  return { ...answer, contentType: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList" };
}

function versionsOf({ resourceVersion, oldestVersion }: World): Pick<Listed, "resourceVersion" | "oldestVersion"> {
  return { resourceVersion, oldestVersion };
}

function keyOf({ metadata: { namespace, name } }: Recorded): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function sorted(rows: readonly WorldPod[]): readonly WorldPod[] {
  return rows.toSorted((a, b) => a.name < b.name ? -1 : 1);
}
