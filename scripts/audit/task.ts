import type { Task } from "../command_line.ts";
import { redactText } from "../../tools/redact.ts";
import { exportRecords } from "./export.ts";
import { keygen } from "./keygen.ts";
import { migrate } from "./migrate.ts";
import { retainRecords } from "./retain.ts";
import { verify } from "./verify.ts";

/** What `deno task audit` can do. */
export const auditTask: Task = {
  name: "audit",
  commands: { verify, export: exportRecords, retain: retainRecords, migrate, keygen },
  about:
    `deno task audit <command> --help tells more; docs/audit.md tells all. The log is the one that the server's settings name:
DATABASE_URL or PGHOST and its kin, else DATA_DIR.`,
  // A URL that was typed in the wrong place is repeated without its password.
  hide: redactText,
};
