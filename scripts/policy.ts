import { runTask } from "./command_line.ts";
import { policyTask } from "./policy/task.ts";

await runTask(policyTask, Deno.args);
