import type { Cluster } from "../k8s/cluster.ts";
import type { LogBackend, LogFinds, LogQuery, Runs } from "./backend.ts";
import { mergeNewest } from "./merge.ts";
import { parseQuery } from "./query.ts";
import { reportPartial, reportUnread } from "./report.ts";
import { searchAll } from "./search_all.ts";
import { chooseTargets, type Target } from "./targets.ts";

const PODS_MAX = 100;
/** Lines of one log that a query is looked for in, from the newest back. */
const QUERY_LINES_MAX = 10_000;
/** Bytes of one log, and of all of one search: few logs may be read further back than many. */
const LOG_BYTES_MAX = 4_194_304;
const SEARCH_BYTES_MAX = 33_554_432;

/** The logs that the cluster's nodes keep, read by its API. */
export function clusterLogs(cluster: Pick<Cluster, "findContainers" | "readLog">): LogBackend {
  return {
    async search(query: LogQuery, call): Promise<LogFinds> {
      const { namespace, pod, container, sinceSeconds, runs, limit, context, onMatch } = query;
      const filter = await parseQuery(query.query);
      const list = await cluster.findContainers({ namespace, pod, podsMax: PODS_MAX }, call);
      const { chosen, left } = chooseTargets(list, container);
      const targets = targetsOf(chosen, runs);
      const request = {
        namespace,
        // One more tells whether there are more.
        lines: query.query || onMatch ? QUERY_LINES_MAX : limit + 1,
        bytesMax: Math.min(LOG_BYTES_MAX, Math.floor(SEARCH_BYTES_MAX / Math.max(1, targets.length))),
        sinceSeconds,
        previous: runs === "previous",
      };
      const searched = await searchAll(cluster, targets, request, { filter, limit, context, onMatch, call });
      const scans = searched.map(({ target, scan }) => ({ ...target, lines: scan?.lines ?? [] }));
      // Who is told of every line needs them all.
      const partial = reportPartial(searched, onMatch ? Infinity : limit);
      const isCrowd = list.more || left > 0;
      const { length: pods } = list.pods;
      return {
        entries: mergeNewest(scans, limit),
        matched: searched.reduce((sum, { scan }) => sum + (scan?.matched ?? 0), 0),
        isIncomplete: isCrowd || partial.length > 0 || searched.some(({ reading }) => reading.kind === "refused"),
        warnings: [
          ...list.warnings,
          ...(pods === 0 && list.warnings.length === 0 ? ["The namespace has no pods"] : []),
          ...(isCrowd
            ? [`Searched ${chosen.length} containers of ${pods} pods; there are more: name pods by "pod"`]
            : []),
          ...reportUnread(searched),
          ...partial,
        ],
      };
    },
  };
}

/** A log for each run that is asked for. */
function targetsOf(chosen: readonly Target[], runs: Runs): readonly Target[] {
  if (runs !== "both") return chosen;
  return chosen.flatMap((target) => [{ ...target, previous: true }, { ...target, previous: false }]);
}
