import { z } from "zod";
import { ToolError } from "../error.ts";
import { redactText } from "../redact.ts";
import { forbidden } from "./forbidden.ts";
import type { ApiAnswer } from "./http.ts";
import { accountWords, type ClusterIdentity } from "./identity.ts";

/** The API's own account of a failure. */
const statusSchema = z.object({
  kind: z.literal("Status"),
  message: z.string().optional(),
  metadata: z.object({ continue: z.string().optional() }).optional(),
  details: z.object({ retryAfterSeconds: z.number().optional() }).optional(),
});

/** What the API says of a refusal; its body's first words where it is no Status object. */
export function refusalMessage({ body }: ApiAnswer): string {
  // Redacted before it is cut: half a secret has no looks.
  const text = redactText(new TextDecoder().decode(body.subarray(0, READ_BYTES_MAX))).slice(0, MESSAGE_CHARS_MAX);
  return (statusOf(body)?.message ?? text.toWellFormed()).trim() || "no reason given";
}

export interface RefusalOptions {
  /** What an operator checks when the API refuses the credentials. */
  readonly credentialsHint: string;
  /** Whom the API was asked as. */
  readonly identity: ClusterIdentity;
}

/**
 * The words for an answer that is no success.
 *
 * @param action completes "Cannot …": `list pods in namespace "shop"`
 */
export function refusal(answer: ApiAnswer, action: string, { credentialsHint, identity }: RefusalOptions): ToolError {
  const message = refusalMessage(answer);
  switch (answer.status) {
    case 401:
      return new ToolError(
        "unavailable",
        `Cannot ${action}: the Kubernetes API does not accept this server's credentials, which are wrong or have expired`,
        { hint: credentialsHint },
      );
    case 403:
      return forbiddenBy(message, action, identity);
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

const MESSAGE_CHARS_MAX = 1024;
const READ_BYTES_MAX = 16_384;
const RETRY_AFTER_MS = 1_000;

function statusOf(body: Uint8Array): z.output<typeof statusSchema> | undefined {
  try {
    return statusSchema.safeParse(JSON.parse(new TextDecoder().decode(body))).data;
  } catch {
    return undefined;
  }
}

/** From the API's sentence to one that says who may not do what where, and what to ask for. */
function forbiddenBy(message: string, action: string, identity: ClusterIdentity): ToolError {
  const parts =
    /User "(?<user>[^"]+)" cannot (?<verb>\S+) resource "(?<resource>[^"]+)" in API group "(?<group>[^"]*)"(?: in the namespace "(?<namespace>[^"]+)")?/
      .exec(message)?.groups;
  if (!parts) {
    return new ToolError("forbidden", `Cannot ${action}: the cluster forbids it: ${message}`, {
      hint: `Ask a cluster administrator to allow it to ${accountWords(identity)}`,
    });
  }
  const { user = "", verb = "", resource = "", group = "", namespace } = parts;
  return forbidden({ user, verb, resource, apiGroup: group, namespace }, identity);
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
