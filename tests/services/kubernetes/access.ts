import { type Answer, failure } from "./answer.ts";

/** Who asks: by client certificate, by the service account's token, or neither. */
export type Identity = "admin" | "serviceaccount" | "anonymous";

/** Whose rights count: who asks, or whom it impersonates. */
export interface Subject {
  readonly user: string;
  readonly groups: readonly string[];
  /** Extra values by key, of an impersonated user. */
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** What is asked for, in the words of RBAC; `pods/log` is a resource. */
export interface Attributes {
  readonly verb: string;
  readonly resource: string;
  readonly apiGroup?: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

/** What a user or a group is allowed, as by a Role and its RoleBinding. */
export interface Grant {
  /** A user's or a group's name. */
  readonly to: string;
  readonly verbs: readonly string[];
  /** `pods`, `pods/log`; in another API group `userextras/mcp-record-id.authentication.k8s.io`. */
  readonly resources: readonly string[];
  /** Everywhere where left out, as by a ClusterRoleBinding. */
  readonly namespace?: string;
  /** Only objects of these names. */
  readonly names?: readonly string[];
}

export interface Access {
  readonly subject: Subject;
  readonly grants: readonly Grant[];
}

export const SERVICE_ACCOUNT = "system:serviceaccount:mcp-lab:mcp-server";

export const SUBJECTS: Readonly<Record<Identity, Subject>> = {
  admin: { user: "admin", groups: ["system:masters", "system:authenticated"], extra: {} },
  serviceaccount: {
    user: SERVICE_ACCOUNT,
    groups: ["system:serviceaccounts", "system:serviceaccounts:mcp-lab", "system:authenticated"],
    extra: {},
  },
  anonymous: { user: "system:anonymous", groups: ["system:unauthenticated"], extra: {} },
};

/** What the recorded cluster allowed. */
export const RECORDED_GRANTS: readonly Grant[] = [
  {
    to: SERVICE_ACCOUNT,
    verbs: ["get", "list", "watch"],
    resources: ["pods", "pods/log", "events"],
    namespace: "mcp-lab",
  },
];

export function isAllowed({ subject, grants }: Access, attributes: Attributes): boolean {
  const { verb, resource, apiGroup, namespace, name } = attributes;
  if (subject.groups.includes("system:masters")) return true;
  const full = apiGroup ? `${resource}.${apiGroup}` : resource;
  return grants.some((grant) =>
    (grant.to === subject.user || subject.groups.includes(grant.to)) &&
    grant.verbs.includes(verb) && grant.resources.includes(full) &&
    (grant.namespace === undefined || grant.namespace === namespace) &&
    (grant.names === undefined || name !== undefined && grant.names.includes(name))
  );
}

/** The refusal, in the API server's words; `undefined` for what is allowed. */
export function refuse(access: Access, attributes: Attributes): Answer | undefined {
  if (isAllowed(access, attributes)) return undefined;
  const { verb, resource, apiGroup = "", namespace, name } = attributes;
  const kind = resource.replace(/\/.*/, "") + (apiGroup && `.${apiGroup}`);
  const where = namespace === undefined ? "at the cluster scope" : `in the namespace "${namespace}"`;
  const what = name === undefined ? kind : `${kind} "${name}"`;
  const { user } = access.subject;
  return failure(
    403,
    "Forbidden",
    `${what} is forbidden: User "${user}" cannot ${verb} resource "${resource}" in API group "${apiGroup}" ${where}`,
    name === undefined ? { kind } : { name, kind },
  );
}
