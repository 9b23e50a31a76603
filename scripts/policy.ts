import { runTask } from "./command_line.ts";
import { check } from "./policy/check.ts";
import { explain } from "./policy/explain.ts";
import { schema } from "./policy/schema.ts";

await runTask({
  name: "policy",
  commands: { explain, check, schema },
  about:
    `deno task policy <command> --help tells more; docs/policy.md tells all. The policy is the one that the server's settings name:
POLICY_FILE, else the built-in one or, with AUTH_MODE=none, none.`,
}, Deno.args);
