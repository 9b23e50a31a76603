import { z } from "zod";
import type { AuditLog } from "../../storage/audit_log.ts";
import type { Clock } from "../../storage/clock.ts";
import type { Authorizer } from "../../tools/authorizer.ts";
import type { Principal } from "../../tools/call_context.ts";
import { ToolError } from "../../tools/error.ts";
import { auditExportInput } from "../../tools/unlisted/audit_export.ts";
import { askedRecords } from "../../tools/unlisted/audit_filters.ts";
import type { Standing } from "../auth/standing.ts";
import { type ExportSum, ExportWriter } from "./export_writer.ts";

/** Exports that one replica writes at once. */
const EXPORTS_MAX = 4;

const MEDIA_TYPES = { jsonl: "application/x-ndjson", csv: "text/csv; charset=utf-8" } as const;

const begunSchema = z.object({ export: z.string(), rows_max: z.int(), bytes_max: z.int() });

/** Calls `audit.export_end`. @throws {ToolError} */
export type RecordEnd = (end: ExportSum & { readonly export: string }) => Promise<unknown>;

/** An export that was authorized and is on record. */
export interface BegunExport {
  /** What `audit.export` answered, as JSON text. */
  readonly begun: string;
  /** What it was asked. */
  readonly args: unknown;
  readonly principal: Principal;
  /** Whether the reader may still read. */
  readonly standing: Pick<Standing, "onEnd"> | undefined;
  readonly record: RecordEnd;
}

/** Room for one export; disposing gives it back where none was opened. */
export interface ExportPlace extends Disposable {
  open(begun: BegunExport): Response;
}

/** The exports that one replica writes; disposing ends them. */
export interface Exports extends AsyncDisposable {
  /** `undefined` where there are too many. */
  take(): ExportPlace | undefined;
}

export interface ExportsOptions {
  readonly audit: Pick<AuditLog, "scan">;
  readonly authorizer: Pick<Authorizer, "mayEnter">;
  readonly clock: Pick<Clock, "elapsed">;
  /** Told of an end that could not be put on record. Must not throw. */
  readonly onUnrecorded: (sum: ExportSum & { readonly export: string }, error: unknown) => void;
}

export function createExports({ audit, authorizer, clock, onUnrecorded }: ExportsOptions): Exports {
  const writers = new Set<ExportWriter>();
  let taken = 0;

  function take(): ExportPlace | undefined {
    if (taken >= EXPORTS_MAX) return undefined;
    taken++;
    let isOpen = false;
    return {
      open({ begun, args, principal, standing, record }) {
        const { format, ...filters } = auditExportInput.parse(args);
        const { export: id, rows_max: rowsMax, bytes_max: bytesMax } = begunSchema.parse(JSON.parse(begun));
        const writer = new ExportWriter({
          ...{ audit, clock, format, id, rowsMax, bytesMax },
          query: askedRecords(filters, principal, authorizer).query,
          onRevoked: (tell) => standing?.onEnd(tell) ?? (() => {}),
          async onEnd(sum) {
            taken--;
            writers.delete(writer);
            const end = { ...sum, export: id };
            try {
              await record(end);
            } catch (error) {
              // What a limit refuses is on record too, with all that it was asked.
              if (error instanceof ToolError && error.kind === "rate_limited") return;
              onUnrecorded(end, error);
              throw error;
            }
          },
        });
        writers.add(writer);
        isOpen = true;
        return new Response(writer.stream(), { headers: { "content-type": MEDIA_TYPES[format] } });
      },
      [Symbol.dispose]() {
        if (!isOpen) taken--;
      },
    };
  }

  return {
    take,
    async [Symbol.asyncDispose]() {
      await Promise.all([...writers].map((writer) => writer.leave("stopped")));
    },
  };
}
