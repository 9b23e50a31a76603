import { z } from "zod";
import config from "../../deno.json" with { type: "json" };
import { bareEnvironment, ROOT } from "../services/server.ts";
import type { Revision } from "./expected.ts";

/** A program, in the version that the lock has. */
const SUITE = config.imports["@modelcontextprotocol/conformance"];

/** A run of all scenarios of a revision takes some seconds. */
const RUN_MS = 120_000;

/** What the suite says of one scenario. */
export interface Verdict {
  readonly scenario: string;
  /** Something was shown, and nothing failed or was warned of. The suite's own tick also stands beside warnings. */
  readonly passed: boolean;
  /** What failed or was warned of. */
  readonly complaints: readonly string[];
}

const checksSchema = z.array(z.object({
  id: z.string(),
  status: z.enum(["SUCCESS", "FAILURE", "WARNING", "SKIPPED", "INFO"]),
  errorMessage: z.string().optional(),
}));

/** A folder of the suite's results: `server-<scenario>-<time>`. */
const FOLDER = /^server-(.+)-\d{4}-\d{2}-\d{2}T[\dTZ-]+$/;

/** Runs the official suite's scenarios for a revision, scored and unscored. @param url the endpoint */
export async function runSuite(url: string, revision: Revision): Promise<readonly Verdict[]> {
  const folder = await Deno.makeTempDir({ prefix: "mcp-conformance-" });
  try {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", SUITE, "server", "--url", url, "--requirements", revision, "-o", folder],
      cwd: ROOT,
      env: { ...bareEnvironment(), NO_COLOR: "1" },
      clearEnv: true,
      signal: AbortSignal.timeout(RUN_MS),
    }).output();
    const verdicts = await readVerdicts(folder);
    // It exits with 1 where a scored scenario failed: the verdicts say which. Without any it could not run.
    if (verdicts.length === 0) {
      const output = new TextDecoder();
      throw new Error(`The suite ended with ${code}:\n${output.decode(stdout)}${output.decode(stderr)}`);
    }
    return verdicts;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function readVerdicts(folder: string): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    const [, scenario] = FOLDER.exec(name) ?? [];
    if (scenario === undefined) throw new Error(`Expected a scenario's results, but got ${JSON.stringify(name)}`);
    const checks = checksSchema.parse(JSON.parse(await Deno.readTextFile(`${folder}/${name}/checks.json`)));
    const complaints = checks.filter(({ status }) => status === "FAILURE" || status === "WARNING")
      .map(({ id, errorMessage = "no reason given" }) => `${id}: ${errorMessage}`);
    const passed = complaints.length === 0 && checks.some(({ status }) => status === "SUCCESS");
    verdicts.push({ scenario, passed, complaints });
  }
  return verdicts;
}
