import { z } from "zod";
import { ToolError } from "../error.ts";
import type { ApiAnswer } from "./api.ts";

/** The API's own account of a failure. */
const statusSchema = z.object({
  kind: z.literal("Status"),
  message: z.string().optional(),
  metadata: z.object({ continue: z.string().optional() }).optional(),
  details: z.object({ retryAfterSeconds: z.number().optional() }).optional(),
});

/** What the API says of a refusal; its body's first words where it is no Status object. */
export function refusalMessage({ body }: ApiAnswer): string {
  const text = new TextDecoder().decode(body.subarray(0, MESSAGE_BYTES_MAX));
  return (statusOf(body)?.message ?? text).trim() || "no reason given";
}

/**
 * The words for an answer that is no success.
 *
 * @param action completes "Cannot …": `list pods in namespace "shop"`
 */
export function refusal(answer: ApiAnswer, action: string, credentialsHint: string): ToolError {
  const message = refusalMessage(answer);
  switch (answer.status) {
    case 401:
      return new ToolError(
        "unavailable",
        `Cannot ${action}: the Kubernetes API does not accept this server's credentials, which are wrong or have expired`,
        { hint: credentialsHint },
      );
    case 403:
      return forbidden(message, action);
    case 404:
      if (statusOf(answer.body) === undefined) break; // No Kubernetes API says it so.
      return new ToolError("not_found", `Cannot ${action}: ${message}`, {
        hint: "Check the names; k8s.list_pods lists the pods of a namespace",
      });
    case 410:
      return expired(answer, action);
    case 429:
      return new ToolError("rate_limited", `Cannot ${action}: the Kubernetes API has too many requests`, {
        hint: "Wait and call again",
        data: { retryAfterMs: retryAfterMs(answer) },
      });
  }
  const isOutage = answer.status >= 500;
  return new ToolError(
    isOutage ? "unavailable" : "tool_failed",
    `Cannot ${action}: the Kubernetes API answered ${answer.status}: ${message}`,
    { hint: isOutage ? "Try again in some seconds" : credentialsHint },
  );
}

const MESSAGE_BYTES_MAX = 1024;
const RETRY_AFTER_MS = 1_000;

function statusOf(body: Uint8Array): z.output<typeof statusSchema> | undefined {
  try {
    return statusSchema.safeParse(JSON.parse(new TextDecoder().decode(body))).data;
  } catch {
    return undefined;
  }
}

/** From the API's sentence to one that says who may not do what where, and what to ask for. */
function forbidden(message: string, action: string): ToolError {
  const parts =
    /User "(?<user>[^"]+)" cannot (?<verb>\S+) resource "(?<resource>[^"]+)" in API group "(?<group>[^"]*)"(?: in the namespace "(?<namespace>[^"]+)")?/
      .exec(message)?.groups;
  if (!parts) {
    return new ToolError("forbidden", `Cannot ${action}: the cluster forbids it: ${message}`, {
      hint: "Ask a cluster administrator to allow it to this server's account",
    });
  }
  const { user = "", verb, group, namespace } = parts;
  const resource = group ? `${parts["resource"]}.${group}` : parts["resource"];
  const where = namespace === undefined ? "in the whole cluster" : `in namespace "${namespace}"`;
  const role = namespace === undefined ? "ClusterRole" : "Role";
  return new ToolError("forbidden", `"${user}" may not ${verb} ${resource} ${where}`, {
    hint: user === "system:anonymous"
      ? "The server has shown no credentials: ask the operator to configure them"
      : `Ask a cluster administrator for a ${role} that allows verb "${verb}" on resource "${resource}" ${where}, ` +
        `and a ${role}Binding of it to ${subjectOf(user)}`,
  });
}

function subjectOf(user: string): string {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):(.+)$/.exec(user) ?? [];
  return name === undefined ? `user "${user}"` : `service account "${name}" of namespace "${namespace}"`;
}

function expired({ body }: ApiAnswer, action: string): ToolError {
  const next = statusOf(body)?.metadata?.continue;
  return new ToolError("conflict", `Cannot ${action}: the continue token has expired, since the list has changed`, {
    hint: 'Start again without "continue"' +
      (next ? "; or continue with data.next, and miss what changed in between" : ""),
    data: { next },
  });
}

function retryAfterMs({ headers, body }: ApiAnswer): number {
  const seconds = Number(headers.get("retry-after") ?? statusOf(body)?.details?.retryAfterSeconds);
  return Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds * 1000) : RETRY_AFTER_MS;
}
