import { chooseClusters } from "../../server/clusters.ts";
import { listedTools } from "../../tools/listed_tools.ts";
import { parsePolicy } from "../../tools/policy/parse.ts";
import { PolicyError } from "../../tools/policy/problem.ts";
import { findPolicyWarnings } from "../../tools/policy/warnings.ts";
import { TOOLSET_WORDS } from "../../tools/toolsets.ts";
import type { Command } from "../command_line.ts";
import { readWord, UsageError } from "../options.ts";

export const check: Command = {
  summary: "say whether a file is a policy, and what may be a slip in it",
  help: `deno task policy check [FILE]

  FILE  the policy; POLICY_FILE where left out

What is wrong is told with its place in the file, what was expected and what came. What may be a slip, such as a glob
that no tool fits, goes to standard error. The clusters that roles may have are those of KUBE_CONTEXTS with KUBECONFIG.

Exit code: 0 = it is a policy, 1 = it is none, 2 = it cannot be read`,

  async run(args, context) {
    const settings = context.settings();
    const path = readWord(args, {}).word ?? settings.POLICY_FILE;
    if (path === undefined) throw new UsageError("Cannot tell which policy to check: expected FILE or POLICY_FILE");
    const text = await readFile(path);
    const clusters = await chooseClusters(settings);
    try {
      const policy = await parsePolicy(text, clusters);
      for (const warning of findPolicyWarnings(policy, await listedTools(TOOLSET_WORDS, clusters))) {
        context.warn(`WARNING: ${warning}`);
      }
      await context.print(`${path} is a policy of ${count(policy.roles.length, "role")}`);
      return 0;
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      await context.print(`${path} is no policy:\n${error.message}`);
      return 1;
    }
  },
};

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}

async function readFile(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`Cannot read ${JSON.stringify(path)}: ${reason}`);
  }
}
