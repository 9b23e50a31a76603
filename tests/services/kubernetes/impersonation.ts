import { type Access, refuse, type Subject } from "./access.ts";
import { type Answer, failure } from "./answer.ts";

/** Headers as they came: one that came several times has several values. */
export type SeenHeaders = Readonly<Record<string, readonly string[] | undefined>>;

const EXTRA = "impersonate-extra-";

/** Whose rights count for a request with such headers, or why nobody's do. */
export function impersonated(headers: SeenHeaders, asker: Access): Subject | Answer {
  const [user] = headers["impersonate-user"] ?? [];
  const groups = headers["impersonate-group"] ?? [];
  const extra = Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.startsWith(EXTRA))
      .map(([name, values = []]) => [decodeURIComponent(name.slice(EXTRA.length)), values]),
  );
  if (user === undefined) {
    if (groups.length === 0 && Object.keys(extra).length === 0) return asker.subject;
    return failure(500, "InternalError", "Internal error occurred: requested groups without impersonating a user");
  }
  const may = (resource: string, name: string, apiGroup = "") =>
    refuse(asker, { verb: "impersonate", resource, apiGroup, name });
  const refusals = [
    may("users", user),
    ...groups.map((group) => may("groups", group)),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map((value) => may(`userextras/${key}`, value, "authentication.k8s.io"))
    ),
  ];
  return refusals.find((refusal) => refusal !== undefined) ??
    { user, groups: [...groups, "system:authenticated"], extra };
}
