import { printFinding } from "../../storage/audit/finding.ts";
import { retain } from "../../storage/audit/retention.ts";
import type { Command } from "../command_line.ts";
import { readOptions, UsageError } from "../options.ts";
import { readDays } from "./options.ts";
import { openAuditSource } from "./source.ts";
import { trustedBySettings } from "./verify.ts";

const DAY_MS = 86_400_000;

export const retainRecords: Command = {
  summary: "remove what is old enough from the beginning of each chain, and leave signed tombstones",
  help: `deno task audit retain [--days N] [--dry-run]

  --days N   days that records are kept; AUDIT_RETENTION_DAYS where left out
  --dry-run  only say what would go

Runs as the role that owns the tables, and signs with AUDIT_SIGNING_KEY. A chain that does not verify stays whole.

Exit code: 0 = done, 1 = a chain does not verify, 2 = it could not be done`,

  async run(args, context) {
    const options = readOptions(args, { days: { type: "string" }, "dry-run": { type: "boolean", default: false } });
    const settings = context.settings();
    const days = readDays(options.days) ?? settings.AUDIT_RETENTION_DAYS;
    if (days === undefined) throw new UsageError("Cannot tell how long records are kept: expected --days N");
    await using source = openAuditSource(settings);
    const signer = source.signer();
    if (!signer) throw new UsageError("Cannot sign tombstones: expected AUDIT_SIGNING_KEY");
    const dryRun = options["dry-run"];
    const beforeMs = context.now() - days * DAY_MS;
    const trustedKeys = trustedBySettings(settings, source);
    const verb = dryRun ? "Would remove" : "Removed";
    let removed = 0;
    let refused = 0;
    for await (const chain of retain(source.log, { beforeMs, signer, trustedKeys, now: context.now, dryRun })) {
      removed += chain.removed;
      if (chain.refusal) {
        refused++;
        context.warn(`Kept chain ${chain.chainId}, which does not verify: ${printFinding(chain.refusal)}`);
      } else {
        await context.print(
          `${verb} ${chain.removed} records of chain ${chain.chainId}, through seq ${chain.throughSeq}`,
        );
      }
    }
    await context.print(
      `${verb} ${removed} records from before ${
        new Date(beforeMs).toISOString()
      }, kept ${refused} chains that do not verify`,
    );
    return refused > 0 ? 1 : 0;
  },
};
