import { type Access, refuse } from "./access.ts";
import { type Answer, failure, json } from "./answer.ts";
import type { ObjectStore } from "./objects.ts";
import type { Recorded } from "./recorded.ts";

/** Answers a merge patch of an object or its scale, and a read of a scale; `undefined` for other requests. */
export function changeRoute(
  method: string,
  { pathname, searchParams }: URL,
  body: Recorded,
  { objects, access }: { readonly objects: ObjectStore; readonly access: Access },
): Answer | undefined {
  const [, group = "", , namespace, plural = "", name, scale] =
    /^\/api(?:s\/([^/]+))?\/([^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)\/([^/]+?)(\/scale)?$/.exec(pathname) ?? [];
  const isPatch = method === "PATCH";
  if (name === undefined || !(isPatch || scale !== undefined && method === "GET")) return undefined;
  const resource = scale === undefined ? plural : `${plural}/scale`;
  const refusal = refuse(access, {
    ...{ verb: isPatch ? "patch" : "get", resource, namespace, name },
    ...(group !== "" && { apiGroup: group }),
  });
  if (refusal) return refusal;
  const stored = group === "" ? plural : `${plural}.${group}`;
  const object = objects.rows(stored, namespace)?.rows.find((row) => row.name === name)?.object;
  if (!object) return failure(404, "NotFound", `${stored} "${name}" not found`, { name, kind: plural });
  const shown = (of: Recorded) => scale === undefined ? of : scaleOf(of);
  if (!isPatch) return json(shown(object));
  const { uid, resourceVersion } = body.metadata ?? {};
  if (uid !== undefined && uid !== object.metadata.uid) {
    return failure(409, "Conflict", `Operation cannot be fulfilled on ${stored} "${name}": uid mismatch`);
  }
  if (resourceVersion !== undefined && resourceVersion !== object.metadata.resourceVersion) {
    const words = "the object has been modified; please apply your changes to the latest version and try again";
    return failure(409, "Conflict", `Operation cannot be fulfilled on ${stored} "${name}": ${words}`);
  }
  const merged = merge(object, scale === undefined ? body : { spec: body.spec });
  if (searchParams.get("dryRun") === "All") return json(shown(merged));
  const next = { ...merged.metadata, resourceVersion: String(Number(object.metadata.resourceVersion) + 1) };
  const changed = { ...merged, metadata: next };
  objects.put(stored, [changed]);
  return json(shown(changed));
}

/** RFC 7396. */
function merge(target: Recorded, patch: Recorded): Recorded {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const merged = { ...(typeof target === "object" && !Array.isArray(target) ? target : {}) };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = merge(merged[name], value);
  }
  return merged;
}

function scaleOf({ metadata: { name, namespace, uid, resourceVersion }, spec, status }: Recorded): Recorded {
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion },
    // Go leaves a 0 out.
    spec: spec.replicas ? { replicas: spec.replicas } : {},
    status: { replicas: status?.replicas ?? 0 },
  };
}
