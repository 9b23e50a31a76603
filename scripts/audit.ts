import { runTask } from "./command_line.ts";
import { auditTask } from "./audit/task.ts";

await runTask(auditTask, Deno.args);
