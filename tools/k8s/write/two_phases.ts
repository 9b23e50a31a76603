import { z } from "zod";
import type { JsonObject } from "../../../storage/json.ts";
import { digestOf } from "../../digest.ts";
import { ToolError } from "../../error.ts";
import type { ClusterCall } from "../cluster.ts";
import type { ObjectJson } from "../objects.ts";
import { type AskedCall, askFirst, type Confirming } from "./ask_first.ts";
import { type ChangeTarget, type ClusterChanges, targetWords } from "./changes.ts";

const plainSchema = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** What a field is, in a change that is shown. */
export type PlainValue = z.output<typeof plainSchema>;

/** A field that a change is shown by. */
export interface ShownField {
  readonly field: string;
  of(object: ObjectJson): PlainValue;
  /** What stands for a value that only the change itself will know, such as its time. */
  readonly willBe?: string;
}

/** A change as a tool means it. */
export interface MeantChange {
  readonly target: ChangeTarget;
  /** Without the object's identity, which is added. */
  readonly patch: JsonObject;
  readonly fields: readonly ShownField[];
  /** @throws {ToolError} for an object that cannot be changed so. */
  check?(object: ObjectJson): void;
}

export const confirmInput = {
  confirm: z.string().regex(/^[0-9a-f]{32}$/, "Use confirm of the answer without it").optional()
    .describe("confirm of the dry run; without it nothing is changed"),
};

export const changeOutput = z.object({
  object: z.string().describe("What it is about"),
  applied: z.boolean().describe("false: a dry run"),
  changes: z.array(z.object({
    field: z.string().describe("Field"),
    before: plainSchema.describe("As it is, or was"),
    after: plainSchema.describe("As it would be, or is"),
  })).describe("Empty: nothing to change"),
  confirm: z.string().optional().describe("Pass as confirm to do exactly this"),
});

type ChangeResult = z.output<typeof changeOutput>;

const identitySchema = z.object({
  metadata: z.object({ uid: z.string().min(1), resourceVersion: z.string().min(1) }),
});

/**
 * A change in two calls: the first does it as a dry run and says what would change, with a digest of the object's state
 * and of that; the second, given the digest, finds that both are still so and then changes the object once.
 *
 * @throws {ToolError} `conflict` for a digest of another state or change, and as `askFirst` where the user is asked too.
 */
export async function inTwoPhases(
  changes: ClusterChanges,
  { target, patch, fields, check }: MeantChange,
  { confirm, by, cluster }: Confirming & { readonly confirm: string | undefined },
  call: ClusterCall & AskedCall,
): Promise<ChangeResult> {
  const object = targetWords(target);
  const current = await changes.read(target, call);
  check?.(current);
  const { uid, resourceVersion } = identityOf(current, object);
  const whole = { ...patch, metadata: { uid, resourceVersion } };
  const would = await changes.patch(target, whole, { dryRun: true }, call);
  const shown = fields.map(({ field, of, willBe }) => ({ field, before: of(current), after: willBe ?? of(would) }))
    .filter(({ before, after }) => before !== after);
  const digest = digestOf({ object, uid, resourceVersion, shown, ...(cluster !== undefined && { cluster }) });
  if (confirm === undefined) {
    return { object, applied: false, changes: shown, ...(shown.length > 0 && { confirm: digest }) };
  }
  if (confirm !== digest) {
    throw new ToolError("conflict", `Cannot change ${object}: it, or the change, is not what was confirmed`, {
      hint: "Nothing was changed: call without confirm, and judge the change anew",
      data: { changes: shown },
    });
  }
  // Last, so that what the user confirms is still so: the call that brings the answer comes the whole way again.
  if (by === "ask") {
    const where = cluster === undefined ? object : `${object} of cluster ${JSON.stringify(cluster)}`;
    askFirst(call, `${where}: ${shown.map(changeWords).join(", ")}`);
  }
  const changed = await changes.patch(target, whole, { dryRun: false }, call);
  const isRead = identitySchema.safeParse(changed).success;
  const done = fields.map(({ field, of }) => ({ field, before: of(current), after: isRead ? of(changed) : null }))
    .filter(({ field }) => shown.some((one) => one.field === field));
  return { object, applied: true, changes: done };
}

/** The change in words: `replicas: 1 → 3`. */
export function printChange({ object, applied, changes, confirm }: ChangeResult): string {
  if (changes.length === 0) return `${object}: nothing to change`;
  const lines = changes.map(changeWords);
  return [`${object}: ${applied ? "changed" : "would change"}`, ...lines, ...confirm ? [`confirm: ${confirm}`] : []]
    .join("\n");
}

function changeWords({ field, before, after }: ChangeResult["changes"][number]): string {
  return `${field}: ${JSON.stringify(before)} → ${JSON.stringify(after)}`;
}

function identityOf(object: ObjectJson, words: string) {
  const parsed = identitySchema.safeParse(object);
  if (parsed.success) return parsed.data.metadata;
  throw new ToolError("tool_failed", `Cannot change ${words}: the cluster does not tell its uid and resourceVersion`, {
    hint: "Ask the operator whether the configured URL is that of a Kubernetes API",
  });
}
