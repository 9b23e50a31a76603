import type { RealServices } from "./world.ts";

/** Runs what is to run in a pod on the services of the test. @returns what it prints. */
export async function inPod(pod: string, command: readonly string[], real: RealServices): Promise<string> {
  const [program, ...args] = command;
  if (pod === "deployment/prometheus" && program === "wget") {
    const { pathname, search } = new URL(args.at(-1) ?? "");
    return await (await fetch(`${real.prometheusUrl}${pathname}${search}`)).text();
  }
  if (pod === "redis-mcp-0" && program === "redis-cli") {
    return await output("redis-cli", ["-p", `${real.redisPort}`, ...args], {});
  }
  if (pod === "postgres-mcp-0" && program === "psql") {
    return await output("psql", [...real.psql, ...args], { PGPASSWORD: real.pgPassword });
  }
  throw new Error(`Error from server (NotFound): pods "${pod}" not found`);
}

async function output(program: string, args: readonly string[], env: Record<string, string>): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args: [...args], env }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(decoder.decode(stderr));
  return decoder.decode(stdout).trimEnd();
}
