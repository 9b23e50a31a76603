import type { Replica } from "./replica.ts";

/** The value of a server's metric that has no labels; `undefined` where the server does not answer, or has none. */
export async function readMetric(server: Pick<Replica, "ask">, name: string): Promise<number | undefined> {
  const line = (await server.ask("/metrics"))?.split("\n").find((candidate) => candidate.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}
