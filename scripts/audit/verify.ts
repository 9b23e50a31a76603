import type { Settings } from "../../server/settings.ts";
import type { Checkpoint } from "../../storage/audit/checkpoint.ts";
import { readAndVerify } from "../../storage/audit/reading.ts";
import { parsePublicKeys } from "../../storage/audit/signing_key.ts";
import { readCheckpoints } from "./checkpoint_files.ts";
import type { Command } from "../command_line.ts";
import { readOptions, readTime, UsageError } from "../options.ts";
import { withFile } from "./options.ts";
import { printReport, type Report, reportJson } from "./report.ts";
import { type AuditSource, openAuditSource } from "./source.ts";

export const verify: Command = {
  summary: "recompute every hash and signature, and name the first record that is not what was written",
  help: `deno task audit verify [--checkpoints FILE]… [--key FILE]… [--since TIME] [--json]

  --checkpoints FILE  the servers' log, or - for standard input: shows what was cut off, removed or rewritten
  --key FILE          public keys that are trusted, in PEM or as 64 hex digits a line; otherwise AUDIT_SIGNING_KEY's
                      (the embedded log's own) and AUDIT_TRUSTED_KEYS
  --since TIME        only what came at this time or later, such as 2026-11-22 or 2026-11-22T10:30:00Z
  --json              the whole report as JSON

Exit code: 0 = fine, 1 = tampering was found, 2 = it could not be checked`,

  async run(args, context) {
    const options = readOptions(args, {
      checkpoints: { type: "string", multiple: true },
      key: { type: "string", multiple: true },
      since: { type: "string" },
      json: { type: "boolean" },
    });
    const sinceMs = readTime("since", options.since);
    const settings = context.settings();
    await using source = openAuditSource(settings);
    const trustedKeys = options.key ? await keysOfFiles(options.key) : trustedBySettings(settings, source);
    const checkpoints = await checkpointsOf(options.checkpoints ?? []);
    const verification = await readAndVerify(source.log, { checkpoints, trustedKeys, sinceMs });
    const report: Report = {
      source: source.name,
      verification,
      checkpoints: checkpoints.length,
      trustedKeys: trustedKeys && [...trustedKeys],
      since: options.since,
    };
    await context.print(options.json ? reportJson(report) : printReport(report));
    return verification.findingCount > 0 ? 1 : 0;
  },
};

/** `undefined` where the settings know no key: then any key counts. @throws {StorageError} when the kept key is none */
export function trustedBySettings(settings: Settings, source: AuditSource): ReadonlySet<string> | undefined {
  const own = source.signer()?.publicKey;
  const keys = [...(own === undefined ? [] : [own]), ...settings.AUDIT_TRUSTED_KEYS];
  return keys.length === 0 ? undefined : new Set(keys);
}

async function keysOfFiles(paths: readonly string[]): Promise<ReadonlySet<string>> {
  const keys = await Promise.all(paths.map(async (path) => {
    const found = parsePublicKeys(await withFile("key", path, () => Deno.readTextFile(path)));
    if (found) return found;
    throw new UsageError(
      `Invalid --key ${JSON.stringify(path)}: expected Ed25519 keys in PEM, or 64 hex digits a line`,
    );
  }));
  return new Set(keys.flat());
}

async function checkpointsOf(paths: readonly string[]): Promise<readonly Checkpoint[]> {
  const checkpoints: Checkpoint[] = [];
  for (const path of paths) {
    const found = await withFile("checkpoints", path, () => readCheckpoints(path));
    // A log without one is the wrong file, or was emptied: to go on would look like a check against it.
    if (found.length === 0) throw new UsageError(`Found no checkpoint in ${JSON.stringify(path)}`);
    for (const checkpoint of found) checkpoints.push(checkpoint);
  }
  return checkpoints;
}
