import type { Task } from "../command_line.ts";
import { check } from "./check.ts";
import { explain } from "./explain.ts";
import { schema } from "./schema.ts";

/** What `deno task policy` can do. */
export const policyTask: Task = {
  name: "policy",
  commands: { explain, check, schema },
  about:
    `deno task policy <command> --help tells more; docs/policy.md tells all. The policy is the one that the server's settings name:
POLICY_FILE, else the built-in one or, with AUTH_MODE=none, none.`,
};
