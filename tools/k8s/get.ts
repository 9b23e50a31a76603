import { z } from "zod";
import { ToolError } from "../error.ts";
import { DEFAULT_PAGE_BYTES } from "../paging.ts";
import { redact } from "../redact.ts";
import { defineTool } from "../tool.ts";
import type { Cluster } from "./cluster.ts";
import { fit, partAt } from "./fit.ts";
import { kindInput, objectName } from "./kind_input.ts";
import { inNoNamespace } from "./list.ts";
import { warningsMember } from "./list_notes.ts";
import { namespaceName } from "./namespace.ts";
import type { ObjectJson } from "./objects.ts";
import { slimObject } from "./slim_object.ts";

const PATH_CHARS_MAX = 512;
const PATHS_TOLD_MAX = 10;

/** `k8s.get`: one object of any kind. */
export function k8sGet(cluster: Pick<Cluster, "objects">) {
  return defineTool({
    name: "k8s.get",
    toolset: "k8s",
    summary: "Get one object of any kind",
    description:
      "Gets one object: without what the API fills in by itself, and at most 2,000 tokens of it; path asks for " +
      "a part, full for all. A Secret's data is never shown, only its keys.",
    input: z.strictObject({
      ...kindInput,
      name: objectName,
      namespace: namespaceName.optional(),
      path: z.string().min(1).max(PATH_CHARS_MAX).optional()
        .describe('Part: status.conditions, spec.containers[0], metadata.labels["a.b/c"]'),
      full: z.boolean().default(false).describe("As the API has it, whatever its size"),
    }),
    output: z.object({
      object: z.unknown().describe("The object, or the part that path names"),
      warnings: z.array(z.string()).optional().describe("What to know beside the answer"),
    }),
    effect: "read",
    idempotent: true,
    openWorld: true,
    untrusted: "an object of the cluster",
    run: async ({ kind: named, group, version, name, namespace, path, full }, call) => {
      const { objects } = cluster;
      const kind = await objects.findKind({ kind: named, group, version }, call);
      if (!kind.namespaced && namespace !== undefined) throw inNoNamespace(kind.plural);
      if (kind.namespaced && namespace === undefined) {
        throw new ToolError(
          "invalid_params",
          `Cannot get ${kind.singular || kind.plural} "${name}" without a namespace`,
          {
            hint: "Pass namespace; k8s.list without one lists those of all namespaces",
          },
        );
      }
      // Redacted as a whole: a part by itself no longer says what it is, and half a secret has no looks.
      const object = redact(await objects.getObject({ kind, namespace, name }, call));
      const shown = full ? object : slimObject(object);
      const part = path === undefined ? shown : partOf(object, shown, path);
      if (full) return { object: part };
      const { value, left } = fit(part, DEFAULT_PAGE_BYTES - 800);
      return { object: value, ...warningsMember(leftOut(left, path)) };
    },
  });
}

/** A part that is not in the slim object may be in the whole one: whoever asks for it wants it. */
function partOf(object: ObjectJson, shown: ObjectJson, path: string): unknown {
  const part = partAt(shown, path) ?? partAt(object, path);
  if (part !== undefined) return part;
  const parent = path.replace(/(?:\.[^.[\]]+|\[[^\]]*\])$/, "");
  const beside = parent === path ? object : partAt(object, parent);
  const names = typeof beside === "object" && beside !== null ? Object.keys(beside).slice(0, PATHS_TOLD_MAX * 2) : [];
  throw new ToolError("not_found", `Cannot find "${path}" in the object`, {
    hint: names.length > 0 ? `There is ${names.join(", ")}` : "Leave path out to see what there is",
  });
}

function leftOut(left: readonly string[], path: string | undefined): string[] {
  if (left.length === 0) return [];
  const paths = left.slice(0, PATHS_TOLD_MAX).map((one) => path === undefined ? one : join(path, one)).filter(Boolean);
  const others = left.length > PATHS_TOLD_MAX ? ` and ${left.length - PATHS_TOLD_MAX} more` : "";
  return [`Not all of it: ask by path for ${paths.join(", ")}${others}, or set full`];
}

function join(path: string, rest: string): string {
  return rest === "" || rest.startsWith("[") ? `${path}${rest}` : `${path}.${rest}`;
}
