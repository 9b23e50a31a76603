import type { Exchange } from "./exchange.ts";
import type { SessionFacts } from "./seal.ts";

/** Ids of what a new instance is asked before the client's own request; a client's ids are others, by their prefix. */
export const PRIME_ID = "prime:";

/** Tells a new instance what its session knows: the client, and the level of its log. */
export async function prime(exchange: Exchange, facts: SessionFacts, logLevel: string | undefined): Promise<void> {
  const { protocolVersion, capabilities, client: clientInfo } = facts;
  await exchange.prime({
    jsonrpc: "2.0",
    id: `${PRIME_ID}initialize`,
    method: "initialize",
    params: { protocolVersion, capabilities, clientInfo },
  });
  exchange.onmessage?.({ jsonrpc: "2.0", method: "notifications/initialized" });
  if (logLevel === undefined) return;
  await exchange.prime({
    jsonrpc: "2.0",
    id: `${PRIME_ID}level`,
    method: "logging/setLevel",
    params: { level: logLevel },
  });
}
