import { policyJsonSchema } from "../../tools/policy/schema.ts";
import type { Command } from "../command_line.ts";
import { readOptions } from "../options.ts";

export const schema: Command = {
  summary: "print the JSON Schema of policies, for editors",
  help: `deno task policy schema

Exit code: 0 = printed`,

  async run(args, context) {
    readOptions(args, {});
    await context.print(JSON.stringify(policyJsonSchema(), null, 2));
    return 0;
  },
};
