import { z } from "zod";
import { parseAnswer } from "./answer_json.ts";
import type { ApiAnswer, HttpRequest } from "./http.ts";

/** Something that may be done in a cluster, in the words of RBAC. */
export interface AccessRight {
  /** `get`, `list`, `patch`, … */
  readonly verb: string;
  /** In the plural; `pods/log` is resource `pods` and subresource `log`. */
  readonly resource: string;
  /** The core group where left out or empty. */
  readonly group?: string | undefined;
  /** The whole cluster where left out. */
  readonly namespace?: string | undefined;
  /** The one object that it is about: a Role may allow it for some by name. */
  readonly name?: string | undefined;
}

/** `unknown`: the cluster did not say, so that the request itself will tell. */
export type Verdict =
  | { readonly kind: "allowed" | "unknown" }
  | { readonly kind: "denied"; readonly reason: string };

const BYTES_MAX = 65_536;
const REASON_CHARS_MAX = 300;

const reviewSchema = z.object({
  kind: z.literal("SelfSubjectAccessReview"),
  status: z.object({
    allowed: z.boolean(),
    denied: z.boolean().optional(),
    reason: z.string().optional(),
    evaluationError: z.string().optional(),
  }),
});
const subjectSchema = z.object({
  kind: z.literal("SelfSubjectReview"),
  status: z.object({ userInfo: z.object({ username: z.string().min(1).max(1024) }) }),
});

/** Asks whether whoever asks may do something. */
export function reviewRequest({ verb, resource, group = "", namespace, name }: AccessRight): HttpRequest {
  const [plain, subresource] = resource.split("/");
  return post("authorization.k8s.io", "SelfSubjectAccessReview", "selfsubjectaccessreviews", {
    spec: { resourceAttributes: { namespace, verb, group: group || undefined, resource: plain, subresource, name } },
  });
}

/** Asks who asks. */
export function subjectRequest(): HttpRequest {
  return post("authentication.k8s.io", "SelfSubjectReview", "selfsubjectreviews", {});
}

/** @throws {ToolError} `tool_failed` for a success that is no review. */
export function parseReview(answer: ApiAnswer): Verdict {
  if (!isSuccess(answer)) return { kind: "unknown" };
  const { allowed, denied, reason = "", evaluationError } = parseAnswer(answer, reviewSchema).status;
  if (allowed) return { kind: "allowed" };
  // One of the cluster's authorizers could not be asked: what it would say is not known.
  if (evaluationError && !denied) return { kind: "unknown" };
  return { kind: "denied", reason: reason.slice(0, REASON_CHARS_MAX).toWellFormed() };
}

/** The user's name; `undefined` where the cluster does not say. @throws {ToolError} as `parseReview` */
export function parseSubject(answer: ApiAnswer): string | undefined {
  return isSuccess(answer) ? parseAnswer(answer, subjectSchema).status.userInfo.username : undefined;
}

function post(group: string, kind: string, plural: string, content: Readonly<Record<string, unknown>>): HttpRequest {
  const body = JSON.stringify({ apiVersion: `${group}/v1`, kind, ...content });
  return { method: "POST", path: `/apis/${group}/v1/${plural}`, body, accept: "application/json", bytesMax: BYTES_MAX };
}

function isSuccess({ status }: ApiAnswer): boolean {
  return status === 201 || status === 200;
}
