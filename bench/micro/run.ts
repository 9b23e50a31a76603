import { ROOT } from "../../tests/services/server.ts";

/** What one step of a call takes by itself, in microseconds. */
export interface Micro {
  readonly group: string;
  readonly name: string;
  readonly avg: number;
  readonly p75: number;
  readonly p99: number;
}

/** What `deno bench --json` prints, as far as it is used. */
interface Printed {
  readonly benches: readonly {
    readonly group: string | null;
    readonly name: string;
    readonly results: readonly { readonly ok?: Readonly<Record<"avg" | "p75" | "p99", number>> }[];
  }[];
}

/** Runs the benchmarks of this folder. */
export async function runMicro(): Promise<readonly Micro[]> {
  const args = ["bench", "-A", "--quiet", "--no-check", "--json", "bench/micro/"];
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).output();
  if (!success) throw new Error(`deno bench failed: ${new TextDecoder().decode(stderr)}`);
  const printed: Printed = JSON.parse(new TextDecoder().decode(stdout));
  return printed.benches.map(({ group, name, results: [result] }) => {
    if (!result?.ok) throw new Error(`The benchmark ${JSON.stringify(name)} failed`);
    const { avg, p75, p99 } = result.ok;
    return { group: group ?? "", name, avg: avg / 1000, p75: p75 / 1000, p99: p99 / 1000 };
  });
}
