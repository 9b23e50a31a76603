import { z } from "zod";
import { bareEnvironment, ROOT, SERVER_FLAGS } from "../services/server.ts";
import type { Fleet } from "./fleet.ts";

const reportSchema = z.object({
  records: z.number(),
  chains: z.number(),
  checkpoints: z.number(),
  unanchored: z.number(),
  unclosed: z.array(z.string()),
  findings: z.array(z.unknown()),
});

/** What the whole log of a fleet looks like at its end. */
export interface LogReport {
  /** One line for people. */
  readonly summary: string;
  readonly violations: readonly string[];
}

/**
 * Stops the servers in order and has `deno task audit verify` check the whole log against all checkpoints that they
 * printed. A chain may lack its closing only where its server was killed.
 */
export async function verifyLog({ servers, settings }: Fleet): Promise<LogReport> {
  const exitCodes = await Promise.all(servers.map((server) => server.stop()));
  const log = await Deno.makeTempFile({ prefix: "chaos-log-" });
  try {
    await Deno.writeTextFile(log, servers.map((server) => server.output()).join("\n"));
    const args = [
      "run",
      "--quiet",
      ...SERVER_FLAGS,
      `${ROOT}scripts/audit.ts`,
      "verify",
      "--json",
      "--checkpoints",
      log,
    ];
    const env = { ...bareEnvironment(), ...settings };
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, env, clearEnv: true }).output();
    const text = new TextDecoder().decode(stdout);
    if (code === 2) {
      return { summary: "not verified", violations: [`audit verify: ${new TextDecoder().decode(stderr)}`] };
    }
    const { records, chains, checkpoints, unanchored, unclosed, findings } = reportSchema.parse(JSON.parse(text));
    const kills = servers.reduce((sum, server) => sum + server.kills, 0);
    return {
      summary:
        `audit verify: ${records} records in ${chains} chains, ${checkpoints} checkpoints, ${unanchored} records ` +
        `behind the last one of their chain; ${unclosed.length} chains without a closing, ${kills} servers killed`,
      violations: [
        ...findings.slice(0, 1).map((first) =>
          `audit verify found ${findings.length}; the first: ${JSON.stringify(first)}`
        ),
        ...(unclosed.length > kills
          ? [`${unclosed.length} chains have no closing, but ${kills} servers were killed`]
          : []),
        ...exitCodes.flatMap((exitCode, i) =>
          exitCode === 0 ? [] : [`${servers[i]?.name} ended with ${exitCode} after SIGTERM`]
        ),
      ],
    };
  } finally {
    await Deno.remove(log);
  }
}
