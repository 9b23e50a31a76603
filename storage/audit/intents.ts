import type { AuditIntent } from "../intent_log.ts";
import type { RegisterTable } from "./register_tables.ts";

/** Intents without a record that a reader gives at most. */
export const OPEN_INTENTS_MAX = 1000;

/** Columns of the intents, in the order of the table. */
export const INTENTS: RegisterTable<AuditIntent> = {
  columns: [
    { name: "event_id", type: "text", member: "eventId" },
    { name: "intended_at", type: "timestamp", member: "atMs" },
    { name: "tool_name", type: "text", member: "toolName" },
    { name: "principal", type: "text", member: "principal" },
    { name: "params", type: "text", member: "params" },
    { name: "params_sha256", type: "text", member: "paramsSha256" },
    { name: "replica", type: "text", member: "replica" },
  ],
};
