import { ToolError } from "../error.ts";
import type { ContainerList } from "../k8s/cluster.ts";
import { nearest } from "../nearest.ts";

/** A container whose log is searched. */
export interface Target {
  readonly pod: string;
  readonly container: string;
  /** The container's run before this one; as the request says where left out. */
  readonly previous?: boolean;
}

/** The containers to search, and how many more there would be. */
export interface Targets {
  readonly chosen: readonly Target[];
  readonly left: number;
}

/** Containers of one search: enough for a workload, no load for a cluster. */
const CONTAINERS_MAX = 100;

/**
 * Chooses by name; without one, all that run for as long as their pod does.
 *
 * @throws {ToolError} `not_found` when no pod has a container of that name.
 */
export function chooseTargets(list: ContainerList, container: string | undefined): Targets {
  const all = list.pods.flatMap(({ pod, containers }) => containers.map(({ name, role }) => ({ pod, name, role })));
  const wanted = all.filter(({ name, role }) =>
    container === undefined ? role === "main" || role === "sidecar" : name === container
  );
  if (wanted.length === 0 && container !== undefined && all.length > 0) {
    const near = nearest(container, new Set(all.map(({ name }) => name)));
    throw new ToolError("not_found", `Cannot find container "${container}" in any of the ${list.pods.length} pods`, {
      hint: near.length > 0 ? `Did you mean ${near.join(" or ")}?` : `Leave container out, or use "${all[0]?.name}"`,
      data: { near },
    });
  }
  const targets = wanted.map(({ pod, name }): Target => ({ pod, container: name }));
  return { chosen: targets.slice(0, CONTAINERS_MAX), left: Math.max(0, targets.length - CONTAINERS_MAX) };
}
