import { createHash } from "node:crypto";
import type { Principal } from "../call_context.ts";
import { ToolError } from "../error.ts";

/** How the cluster is asked as the caller. */
export interface Impersonation {
  /** Stands before the caller's name and groups as the cluster sees them, such as `mcp:`; may be empty. */
  readonly prefix: string;
}

/** Whom the cluster is asked as. */
export interface ClusterIdentity {
  /** Tells identities apart, in few characters however many groups there are. */
  readonly key: string;
  /** As the cluster names it; `undefined` for the server's own account, whose name the cluster knows. */
  readonly user: string | undefined;
  readonly groups: readonly string[];
}

/** The account that the server's own credentials stand for. */
export const SERVER_ACCOUNT: ClusterIdentity = { key: "server", user: undefined, groups: [] };

/**
 * An extra value of the impersonated user, which the cluster's audit log keeps as `impersonatedUser.extra`. Kubernetes
 * reads the key in lower case and percent-decoded; this one needs neither.
 */
const RECORD_HEADER = "Impersonate-Extra-mcp-record-id";
/** Printable ASCII: fetch and the API strip spaces at the ends, which would make two names one. */
const NAME = /^[!-~](?:[ -~]{0,254}[!-~])?$/;
const NAME_WORDS = "1 to 256 printable ASCII characters without a space at either end";
/** Names that Kubernetes keeps for itself: `system:masters` may do everything. */
const RESERVED = /^system:/i;
const GROUPS_MAX = 256;
const SHOWN_CHARS_MAX = 80;

/** @throws {Error} for a prefix that no name could be sent with. */
export function checkImpersonation({ prefix }: Impersonation): void {
  if (prefix === "" || NAME.test(prefix) && !RESERVED.test(prefix)) return;
  throw new Error(
    `Invalid setting KUBE_IMPERSONATE_PREFIX=${
      JSON.stringify(prefix)
    }: expected ${NAME_WORDS} that do not begin with ` +
      '"system:"',
  );
}

/**
 * The caller as the cluster is to see it.
 *
 * @throws {ToolError} `forbidden` for who has shown no credential, and for names that cannot or must not be sent.
 */
export function impersonate({ name, authMethod, groups = [] }: Principal, { prefix }: Impersonation): ClusterIdentity {
  const as = `Cannot ask the cluster as ${quote(name)}`;
  if (authMethod === "none" || name === "default") {
    throw refused(`${as}: the caller has shown no credential`, "Call with a credential of your own");
  }
  if (groups.length > GROUPS_MAX) {
    throw refused(`${as}: it has ${groups.length} groups, and at most ${GROUPS_MAX} are sent`, ASK);
  }
  const prefixed = (given: string, words: string) => {
    if (!NAME.test(given)) throw refused(`${words}: expected ${NAME_WORDS}`, ASK);
    const sent = `${prefix}${given}`;
    if (!RESERVED.test(given) && !RESERVED.test(sent)) return sent;
    throw refused(`${words}: names that begin with "system:" are the cluster's own`, ASK);
  };
  const user = prefixed(name, as);
  const sentGroups = groups.map((group) => prefixed(group, `${as} in group ${quote(group)}`));
  const key = createHash("sha256").update(JSON.stringify([user, ...sentGroups])).digest("base64url");
  return { key, user, groups: sentGroups };
}

/**
 * The headers of a request under an identity: the server's credentials, and whom it asks for.
 *
 * @param own the server's, which may name a user of a kubeconfig's `as`: where the caller is named, nobody else is
 */
export function identityHeaders(
  { user, groups }: ClusterIdentity,
  own: Readonly<Record<string, string>>,
  recordId: string,
): [name: string, value: string][] {
  const headers = Object.entries(own);
  if (user === undefined) return headers;
  return [
    ...headers.filter(([name]) => !/^impersonate-/i.test(name)),
    ["Impersonate-User", user],
    ...groups.map((group): [string, string] => ["Impersonate-Group", group]),
    [RECORD_HEADER, recordId],
  ];
}

/** The identity in a sentence. */
export function accountWords({ user }: ClusterIdentity): string {
  return user === undefined ? "this server's account" : JSON.stringify(user);
}

const ASK = "Ask the operator to give the caller names that the cluster can be asked with";

function refused(message: string, hint: string): ToolError {
  return new ToolError("forbidden", message, { hint, data: { rule: "KUBE_IMPERSONATE" } });
}

function quote(name: string): string {
  return JSON.stringify(name.length <= SHOWN_CHARS_MAX ? name : `${name.slice(0, SHOWN_CHARS_MAX).toWellFormed()}…`);
}
