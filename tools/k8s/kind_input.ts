import { z } from "zod";

/** Names of objects: some kinds allow more than DNS names, such as the colons of RBAC; none a slash. */
// deno-lint-ignore no-control-regex -- a name has none
const OBJECT_NAME = /^[^/%\s\x00-\x1f\x7f]+$/;

/** How a caller names a kind, an object, a selector. */
export const kindInput = {
  kind: z.string().min(1).max(316).regex(
    /^[A-Za-z0-9.-]+$/,
    "Use a kind, plural or short name, such as deployment or po",
  )
    .describe("Kind, plural or short name"),
  group: z.string().max(253).regex(/^[a-z0-9.-]*$/, "Use an API group, such as apps").optional()
    .describe("API group, where several have the kind"),
  version: z.string().max(63).regex(/^[a-z0-9]+$/, "Use an API version, such as v1").optional().describe("API version"),
};
export const objectName = z.string().min(1).max(253).regex(
  OBJECT_NAME,
  "Use an object's name: no slash, percent or space",
)
  .describe("Name");
export const labelsInput = z.string().min(1).max(1024).optional().describe("Label selector: app=web,tier!=db");
export const fieldsInput = z.string().min(1).max(1024).optional().describe("Field selector: status.phase=Pending");
