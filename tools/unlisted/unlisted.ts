import type { RecordCheck } from "../../storage/record_check.ts";
import type { AuditLog } from "../../storage/audit_log.ts";
import type { ContextStore } from "../../storage/context_store.ts";
import type { AccessDecision, AccessRequest, Authorizer } from "../authorizer.ts";
import type { ContextKeys } from "../ctx/keys.ts";
import type { RunbookLibrary } from "../runbook/library.ts";
import type { Tool } from "../tool.ts";
import { toolNamed } from "../tool_named.ts";
import { auditExport, auditExportEnd } from "./audit_export.ts";
import { auditRecords } from "./audit_records.ts";
import { auditVerifyRecord } from "./audit_verify_record.ts";
import { contextEntry } from "./context_entry.ts";
import { contextKeyList } from "./context_keys.ts";
import { recentAudit } from "./recent_audit.ts";
import { runbookMarkdown } from "./runbook_markdown.ts";

export interface UnlistedOptions {
  /** The catalogue. */
  readonly tools: readonly Tool[];
  readonly authorizer: Authorizer;
  readonly context: Pick<ContextStore, "get" | "keys">;
  readonly keys: ContextKeys;
  readonly runbooks: Pick<RunbookLibrary, "readMarkdown">;
  readonly audit: Pick<AuditLog, "query" | "scan">;
  /** `undefined` for a log in this process's memory. */
  readonly recordCheck: RecordCheck | undefined;
}

/** Tools that are in no list: what the official protocol's resources and completion are made of. */
export interface Unlisted {
  readonly tools: readonly Tool[];
  /** Who may call them: who may call the tool of the catalogue that stands for it, or may enter the door. */
  readonly authorizer: Pick<Authorizer, "authorize" | "mayList">;
}

/**
 * For a call path of their own: no call of a catalogue's tool reaches them. Where one has the name of a tool of the
 * catalogue, it is that tool to policy, limits and audit.
 *
 * @throws {TypeError} for a catalogue without the tools that they stand beside.
 */
export function createUnlisted(options: UnlistedOptions): Unlisted {
  const { tools, authorizer, context, keys, runbooks, audit, recordCheck } = options;
  const ctxGet = toolNamed(tools, "ctx.get");
  const preview = toolNamed(tools, "runbook.preview");
  const keyList = contextKeyList(ctxGet, context, keys, authorizer);
  const recent = recentAudit(audit);
  // Whoever has the dashboard finds their own records.
  const ofDashboard = [
    auditRecords(audit, authorizer),
    auditVerifyRecord({ audit, recordCheck, authorizer }),
    auditExport(authorizer),
    auditExportEnd,
  ];

  function authorize(request: AccessRequest): AccessDecision {
    const { principal, tool: { name } } = request;
    if (name === recent.name) return authorizer.mayEnter(principal, "audit");
    if (ofDashboard.some((tool) => name === tool.name)) return authorizer.mayEnter(principal, "dashboard");
    // Each key is asked for by itself.
    if (name === keyList.name) return authorizer.authorize({ principal, tool: ctxGet, args: undefined });
    return authorizer.authorize(request);
  }

  return {
    tools: [contextEntry(ctxGet, context, keys), keyList, runbookMarkdown(preview, runbooks), recent, ...ofDashboard],
    authorizer: {
      authorize,
      mayList: (principal, tool) => authorize({ principal, tool, args: undefined }).allowed,
    },
  };
}
