import { runTask } from "./command_line.ts";
import { tokenTask } from "./token/task.ts";

await runTask(tokenTask, Deno.args);
