import { redactText } from "../tools/redact.ts";
import { exportRecords } from "./audit/export.ts";
import { keygen } from "./audit/keygen.ts";
import { migrate } from "./audit/migrate.ts";
import { retainRecords } from "./audit/retain.ts";
import { verify } from "./audit/verify.ts";
import { runTask } from "./command_line.ts";

await runTask({
  name: "audit",
  commands: { verify, export: exportRecords, retain: retainRecords, migrate, keygen },
  about:
    `deno task audit <command> --help tells more; docs/audit.md tells all. The log is the one that the server's settings name:
DATABASE_URL or PGHOST and its kin, else DATA_DIR.`,
  // A URL that was typed in the wrong place is repeated without its password.
  hide: redactText,
}, Deno.args);
