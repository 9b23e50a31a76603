import { z } from "zod";

const LIST_MAX = 1000;
const REASON_CHARS_MAX = 256;
const NAME_CHARS_MAX = 256;

/** A list without an entry that stands in it twice: it would say that one of them has been forgotten. */
function listOf<Item extends z.ZodType<string | number | boolean | null>>(item: Item, entries: string, min = 1) {
  return z.array(item).min(min, `expected at least one of ${entries}`).max(LIST_MAX).check(({ value, issues }) => {
    value.forEach((entry, index) => {
      if (value.indexOf(entry) === index) return;
      issues.push({ code: "custom", input: entry, path: [index], message: "expected each entry once" });
    });
  }).meta({ uniqueItems: true });
}

const toolGlob = z.string().regex(
  /^[A-Za-z0-9_.*-]{1,128}$/,
  "expected a tool's name, in which * stands for any characters, such as k8s.*",
);
const tools = (min = 1) => listOf(toolGlob, "the tools, such as k8s.*", min);
const namespaces = () =>
  listOf(
    z.string().regex(
      /^[a-z0-9*-]{1,128}$/,
      "expected a namespace's name, in which * stands for any characters, such as shop-*",
    ),
    "the namespaces, such as shop-*",
  );
const clusters = () =>
  listOf(
    z.string().min(1, "expected a cluster's name, in which * stands for any characters, such as test-*").max(512),
    "the clusters, such as test-*",
  );
const roleName = z.string().regex(
  /^[A-Za-z][A-Za-z0-9_.:@/-]{0,63}$/,
  "expected a role's name: a letter, then up to 63 letters, digits and _.:@/-",
);
const roleNames = () => listOf(roleName, "the roles");
const name = z.string().min(1, "expected a name").max(NAME_CHARS_MAX, `expected at most ${NAME_CHARS_MAX} characters`);

const constraint = z.strictObject({
  oneOf: listOf(z.union([z.string(), z.number(), z.boolean(), z.null()]), "the values").optional()
    .describe("The value must be one of these"),
  glob: listOf(z.string().max(512), "the globs").optional()
    .describe("The value must be text that one of these matches; * stands for any characters"),
  pattern: z.string().min(1, "expected a regular expression").max(512).optional()
    .describe("The value must be text that this regular expression (RE2) matches from its first character to its last"),
  min: z.number().optional().describe("The value must be a number, and no smaller"),
  max: z.number().optional().describe("The value must be a number, and no larger"),
  maxLength: z.int().min(0).optional().describe("The value must be text of no more characters"),
  absent: z.boolean().optional()
    .describe("true: the argument may be left out; where nothing else stands beside it, it must be"),
}).refine((rules) => Object.keys(rules).length > 0, "expected what the argument may be, such as oneOf")
  .refine(
    ({ min, max }) => min === undefined || max === undefined || min <= max,
    "expected min to be no larger than max",
  );

const callsPerMinute = z.int().min(0).max(10_000_000);

const role = z.strictObject({
  description: z.string().max(1024).optional().describe("Whom the role is for; the server does not read it"),
  tools: tools(0).describe("The tools that the role may call; none for a role of doors alone"),
  except: tools().optional().describe("Tools that it may not call all the same"),
  clusters: clusters().optional()
    .describe("Clusters of KUBE_CONTEXTS that it may ask; left out = the default alone"),
  namespaces: namespaces().optional()
    .describe("Namespaces in which it may; left out = all. Binds the tools that have an argument namespace"),
  arguments: z.record(toolGlob, z.record(name, constraint)).optional()
    .describe("What arguments may be, by tool and argument: every entry that fits a tool must hold"),
  readOnly: z.boolean().optional().describe("Whether it may only call tools that change nothing"),
  callsPerMinute: z.union([callsPerMinute, z.record(toolGlob, callsPerMinute)]).optional()
    .describe("Calls a minute of each tool, or by tool, the first that fits; 0 = no limit; left out = the server's"),
  tokensPerHour: z.int().min(0).max(1_000_000_000).optional()
    .describe("Estimated tokens of results an hour, of all tools together; 0 or left out = no budget"),
  doors: listOf(z.enum(["dashboard", "metrics", "lab", "audit"]), "dashboard, metrics, lab and audit").optional()
    .describe("Routes beside the tools that it may use"),
});

const denial = z.strictObject({
  tools: tools().describe("The tools that nobody may call"),
  namespaces: namespaces().optional()
    .describe("Namespaces in which nobody may; left out = everywhere. Binds the tools that have an argument namespace"),
  reason: z.string().min(1).max(REASON_CHARS_MAX).optional().describe("What the refused caller is told"),
});

/** A policy as it stands in its file. */
export const policySchema = z.strictObject({
  $schema: z.string().optional().describe("Where the schema of this file is, for editors"),
  readOnly: z.boolean().optional().describe("Whether nobody may call a tool that changes something"),
  deny: z.array(denial).max(LIST_MAX).optional().describe("What nobody may do, whatever the roles say"),
  roles: z.record(roleName, role).describe("What each role may do; the first that allows a call decides its limits"),
  principals: z.record(name, roleNames()).optional()
    .describe("Roles by the caller's name, beside those of its credential"),
  groups: z.record(name, roleNames()).optional().describe("Roles by the groups that the identity provider names"),
  default: roleNames().optional().describe("Roles of whoever has none otherwise; left out = none"),
}).meta({ title: "Policy of the MCP server", description: "Who may call what: docs/policy.md" });

/** A policy as it is read. */
export type PolicyDocument = z.output<typeof policySchema>;
export type RoleDocument = PolicyDocument["roles"][string];
export type ConstraintDocument = z.output<typeof constraint>;

/** The members that each object of a policy may have. */
export const POLICY_MEMBERS = {
  policy: Object.keys(policySchema.shape),
  role: Object.keys(role.shape),
  deny: Object.keys(denial.shape),
  constraint: Object.keys(constraint.shape),
} as const;

/** The JSON Schema of a policy file, for editors: `docs/policy.schema.json`. */
export function policyJsonSchema(): unknown {
  return z.toJSONSchema(policySchema, { io: "input" });
}
