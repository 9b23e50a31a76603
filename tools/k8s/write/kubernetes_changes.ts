import { z } from "zod";
import type { JsonObject } from "../../../storage/json.ts";
import { ToolError } from "../../error.ts";
import { parseAnswer } from "../answer_json.ts";
import type { KubernetesApi } from "../api.ts";
import type { ClusterCall } from "../cluster.ts";
import type { ApiAnswer } from "../http.ts";
import type { ObjectJson } from "../objects.ts";
import { refusalMessage } from "../refusal.ts";
import { isConnectFailure } from "../unreachable.ts";
import { type ChangeTarget, type ClusterChanges, targetWords } from "./changes.ts";

/** etcd takes no object over 1.5 MB. */
const OBJECT_BYTES_MAX = 4_194_304;
/** Who changed a field, as the cluster keeps it. */
const FIELD_MANAGER = "mcp-server";

const objectSchema = z.looseObject({ metadata: z.looseObject({ name: z.string() }) });

/** Changes over a cluster's API. */
export function kubernetesChanges(api: KubernetesApi): ClusterChanges {
  return {
    async read(target, call) {
      const answer = await api.get({
        path: pathOf(target),
        accept: "application/json",
        bytesMax: OBJECT_BYTES_MAX,
        right: rightOf("get", target),
      }, call);
      if (answer.status !== 200) throw api.refusal(answer, `read ${targetWords(target)}`, call);
      return parseAnswer(answer, objectSchema);
    },

    async patch(target, patch, { dryRun }, call) {
      const asked = () => ask(api, target, patch, dryRun, call);
      const answer = dryRun ? await asked() : await asked().catch((error) => {
        throw wasNotSent(error) ? error : outcomeUnknown(target, error);
      });
      if (answer.status === 409) {
        throw new ToolError("conflict", `Cannot change ${targetWords(target)}: ${refusalMessage(answer)}`, {
          hint: "It was changed meanwhile: call without confirm, and judge the change anew",
        });
      }
      // Of a server's fault nobody knows how far it came.
      if (!dryRun && answer.status >= 500) throw outcomeUnknown(target, undefined, refusalMessage(answer));
      if (answer.status !== 200) throw api.refusal(answer, `change ${targetWords(target)}`, call);
      return dryRun ? parseAnswer(answer, objectSchema) : readChanged(answer);
    },
  };
}

function ask(
  api: KubernetesApi,
  target: ChangeTarget,
  patch: JsonObject,
  dryRun: boolean,
  call: ClusterCall,
): Promise<ApiAnswer> {
  return api.patch({
    path: pathOf(target),
    query: { fieldManager: FIELD_MANAGER, ...(dryRun && { dryRun: "All" }) },
    body: JSON.stringify(patch),
    contentType: "application/merge-patch+json",
    accept: "application/json",
    bytesMax: OBJECT_BYTES_MAX,
    right: rightOf("patch", target),
  }, call);
}

/** It is done, whatever can be read of it. */
function readChanged(answer: ApiAnswer): ObjectJson {
  try {
    return parseAnswer(answer, objectSchema);
  } catch {
    return {};
  }
}

/** What is refused before it is sent, and what finds no connection, has changed nothing. */
function wasNotSent(error: unknown): boolean {
  return error instanceof ToolError && (error.kind !== "unavailable" || isConnectFailure(error.cause));
}

function outcomeUnknown(target: ChangeTarget, cause: unknown, reason?: string): ToolError {
  const words = reason ?? (cause instanceof Error ? cause.message : String(cause));
  return new ToolError("unavailable", `Outcome unknown of the change of ${targetWords(target)}: ${words}`, {
    hint: `It was sent once and is not sent again: look with ${
      target.kind.namespaced ? "k8s.rollout" : "k8s.nodes"
    } whether it was done`,
    data: { reason: "outcome_unknown" },
    cause,
  });
}

function rightOf(verb: "get" | "patch", { kind: { plural, group }, subresource, namespace, name }: ChangeTarget) {
  return { verb, resource: subresource ? `${plural}/${subresource}` : plural, group, namespace, name };
}

function pathOf({ kind: { group, version, plural }, namespace, name, subresource }: ChangeTarget): string {
  const base = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const within = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${base}${within}/${plural}/${encodeURIComponent(name)}${subresource ? `/${subresource}` : ""}`;
}
