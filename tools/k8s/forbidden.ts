import { ToolError } from "../error.ts";
import { accountWords, type ClusterIdentity } from "./identity.ts";

/** A right that somebody lacks, in the words of RBAC. */
export interface LackedRight {
  /** As the cluster names it; `undefined` where that is not known. */
  readonly user: string | undefined;
  readonly verb: string;
  /** `pods`, `pods/log`, … */
  readonly resource: string;
  /** Empty for the core group. */
  readonly apiGroup: string;
  /** `undefined` for a right in the whole cluster. */
  readonly namespace: string | undefined;
  /** What the cluster says of it, where it says something. */
  readonly reason?: string;
}

/** The roles that docs/kubernetes.md shows, by what they allow. */
const SHOWN_ROLES: ReadonlyMap<string, string> = new Map([
  ["list pods", "mcp-reader"],
  ["get pods/log", "mcp-reader"],
  ["get namespaces", "mcp-namespaces"],
  ["list namespaces", "mcp-namespaces"],
  ["impersonate users", "mcp-impersonator"],
  ["impersonate groups", "mcp-impersonator"],
  ["impersonate userextras/mcp-record-id", "mcp-impersonator"],
]);
const GROUPS_SHOWN_MAX = 3;

/** Says who may not do what where, and what to ask for. */
export function forbidden(
  { user, verb, resource, apiGroup, namespace, reason }: LackedRight,
  identity: ClusterIdentity,
): ToolError {
  const where = namespace === undefined ? "in the whole cluster" : `in namespace "${namespace}"`;
  const role = namespace === undefined ? "ClusterRole" : "Role";
  const who = user === undefined ? "This server's account" : `"${user}"`;
  const what = apiGroup ? `${resource}.${apiGroup}` : resource;
  const shown = SHOWN_ROLES.get(`${verb} ${resource}`);
  return new ToolError("forbidden", `${who} may not ${verb} ${what} ${where}${reason ? `: ${reason}` : ""}`, {
    hint: user === "system:anonymous"
      ? "The server has shown no credentials: ask the operator to configure them"
      : `Ask a cluster administrator for a ${role} that allows verb "${verb}" on resource "${resource}" ${where}` +
        (shown === undefined ? "" : `, as ${shown} in docs/kubernetes.md does`) +
        `, and a ${role}Binding of it to ${subjectOf(user, identity)}`,
  });
}

function subjectOf(user: string | undefined, identity: ClusterIdentity): string {
  if (user === undefined) return accountWords(identity);
  const [, namespace, name] = /^system:serviceaccount:([^:]+):(.+)$/.exec(user) ?? [];
  if (name !== undefined) return `service account "${name}" of namespace "${namespace}"`;
  const groups = user === identity.user ? identity.groups.slice(0, GROUPS_SHOWN_MAX) : [];
  return [`user "${user}"`, ...groups.map((group) => `group "${group}"`)].join(" or ");
}
