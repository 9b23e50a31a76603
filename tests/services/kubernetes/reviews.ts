import { type Access, type Attributes, isAllowed, refuse, SERVICE_ACCOUNT } from "./access.ts";
import { type Answer, json, recordedFailure } from "./answer.ts";
import { type Recorded, recordedJson } from "./recorded.ts";

const REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
const SUBJECT_REVIEW = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

/** What a SelfSubjectAccessReview asks; `undefined` for another body. */
export function reviewedAttributes(body: Recorded): Attributes | undefined {
  const { verb, resource, subresource, group, namespace, name } = body?.spec?.resourceAttributes ?? {};
  if (verb === undefined) return undefined;
  const full = subresource === undefined ? resource : `${resource}/${subresource}`;
  return { verb, resource: full, ...(group && { apiGroup: group }), namespace, ...(name !== undefined && { name }) };
}

/** Answers a POST: who asks, and what it may do. */
export function review(pathname: string, body: Recorded, access: Access): Answer {
  const { user } = access.subject;
  if (pathname === SUBJECT_REVIEW) {
    const refusal = refuseAnonymous(access, "selfsubjectreviews", "authentication.k8s.io");
    if (refusal) return refusal;
    const answer = recordedJson("access/selfsubjectreview.json");
    const { userInfo } = answer.status;
    const own = user === userInfo.username ? userInfo : { username: user, groups: access.subject.groups };
    return json({ ...answer, status: { userInfo: own } }, 201);
  }
  const attributes = reviewedAttributes(body);
  if (pathname !== REVIEW || attributes === undefined) return recordedFailure("errors/404-unknown-path.json");
  const refusal = refuseAnonymous(access, "selfsubjectaccessreviews", "authorization.k8s.io");
  if (refusal) return refusal;
  const allowed = isAllowed(access, attributes);
  const reason = 'RBAC: allowed by RoleBinding "mcp-server/mcp-lab" of Role "mcp-server" to ServiceAccount ' +
    '"mcp-server/mcp-lab"';
  const status = { allowed, ...(allowed && user === SERVICE_ACCOUNT && { reason }) };
  return json({ kind: body.kind, apiVersion: body.apiVersion, metadata: {}, spec: body.spec, status }, 201);
}

/** A cluster gives the right to ask for reviews to everyone whom it knows. */
function refuseAnonymous(access: Access, resource: string, apiGroup: string): Answer | undefined {
  const grants = [{ to: "system:authenticated", verbs: ["create"], resources: [`${resource}.${apiGroup}`] }];
  return refuse({ subject: access.subject, grants }, { verb: "create", resource, apiGroup });
}
