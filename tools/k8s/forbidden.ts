import { ToolError } from "../error.ts";
import { accountWords, type ClusterIdentity } from "./identity.ts";
import { shippedRoleFor } from "./shipped_roles.ts";

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

const GROUPS_SHOWN_MAX = 3;

/** Says who may not do what where, and what to ask for; `data` has the right and the shipped role that allows it. */
export function forbidden(
  { user, verb, resource, apiGroup, namespace, reason }: LackedRight,
  identity: ClusterIdentity,
): ToolError {
  const where = namespace === undefined ? "in the whole cluster" : `in namespace "${namespace}"`;
  const role = namespace === undefined ? "ClusterRole" : "Role";
  const who = user === undefined ? "This server's account" : `"${user}"`;
  const what = apiGroup ? `${resource}.${apiGroup}` : resource;
  const shown = shownRole({ verb, resource, apiGroup, namespace });
  const narrower = namespace === undefined && shown?.startsWith("Role ") ? " for one namespace" : "";
  const example = shown === undefined ? "" : `, as ${shown} does${narrower}`;
  return new ToolError("forbidden", `${who} may not ${verb} ${what} ${where}${reason ? `: ${reason}` : ""}`, {
    hint: user === "system:anonymous"
      ? "The server has shown no credentials: ask the operator to configure them"
      : `Ask a cluster administrator for a ${role} that allows verb "${verb}" on resource "${resource}"` +
        `${apiGroup && ` of API group "${apiGroup}"`} ${where}${example}, and a ${role}Binding of it to ${
          subjectOf(user, identity)
        }`,
    data: {
      right: { verb, resource, group: apiGroup, ...(namespace !== undefined && { namespace }) },
      ...(shown !== undefined && { role: shown }),
    },
  });
}

/** A refusal as a warning: what is lacked, and the role that allows it. */
export function refusalWarning({ message, data: { role } }: ToolError): string {
  return typeof role === "string" ? `${message}; ${role} allows it` : message;
}

/** The shipped role that allows something, in words. */
export function shownRole(right: Omit<LackedRight, "user" | "reason">): string | undefined {
  const role = shippedRoleFor(right);
  return role && `${role.kind} ${role.name} in ${role.file}`;
}

function subjectOf(user: string | undefined, identity: ClusterIdentity): string {
  if (user === undefined) return accountWords(identity);
  const [, namespace, name] = /^system:serviceaccount:([^:]+):(.+)$/.exec(user) ?? [];
  if (name !== undefined) return `service account "${name}" of namespace "${namespace}"`;
  const groups = user === identity.user ? identity.groups.slice(0, GROUPS_SHOWN_MAX) : [];
  return [`user "${user}"`, ...groups.map((group) => `group "${group}"`)].join(" or ");
}
