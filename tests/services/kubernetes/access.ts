import { type Answer, failure } from "./answer.ts";

/** Who asks: by client certificate, by the service account's token, or neither. */
export type Identity = "admin" | "serviceaccount" | "anonymous";

/** What is asked for, in the words of RBAC. */
export interface Attributes {
  readonly verb: "get" | "list";
  readonly resource: "pods" | "pods/log" | "namespaces";
  readonly namespace?: string;
  readonly name?: string;
}

const USERS: Readonly<Record<Identity, string>> = {
  admin: "admin",
  serviceaccount: "system:serviceaccount:mcp-lab:mcp-server",
  anonymous: "system:anonymous",
};

/** The refusal, in the API server's words; `undefined` for what is allowed: the account may read pods in mcp-lab. */
export function refuse(identity: Identity, attributes: Attributes): Answer | undefined {
  const { verb, resource, namespace, name } = attributes;
  if (identity === "admin") return undefined;
  const isGranted = resource !== "namespaces" && namespace === "mcp-lab";
  if (identity === "serviceaccount" && isGranted) return undefined;
  const kind = resource.replace(/\/.*/, "");
  const where = namespace === undefined ? "at the cluster scope" : `in the namespace "${namespace}"`;
  const what = name === undefined ? kind : `${kind} "${name}"`;
  return failure(
    403,
    "Forbidden",
    `${what} is forbidden: User "${USERS[identity]}" cannot ${verb} resource "${resource}" in API group "" ${where}`,
    name === undefined ? { kind } : { name, kind },
  );
}
