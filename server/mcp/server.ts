import { Server } from "@modelcontextprotocol/server";
import type { Peer } from "../peer.ts";
import type { Era } from "./caller.ts";
import { DISCOVER_TTL_MS, INSTRUCTIONS, serverInfo } from "./identity.ts";
import type { Kept, OfficialPart } from "./part.ts";
import type { RequestStates } from "./request_state.ts";

export interface OfficialServerOptions {
  readonly parts: readonly OfficialPart[];
  /** Where clients reach the server, as they name it; it shows its icon where this is known. */
  readonly publicUrl?: string | undefined;
  readonly requestStates: RequestStates;
}

/**
 * Builds a server of the official protocol for one request, or one connection: whatever its transport serves.
 *
 * @param kept by the session or connection, in the era that has them
 */
export type OfficialServerFactory = (era: Era, peer: Peer, kept?: Kept) => Server;

/** The official protocol's methods, as the parts have them. */
export function createOfficialServers(
  { parts, publicUrl, requestStates }: OfficialServerOptions,
): OfficialServerFactory {
  const options = {
    capabilities: Object.assign({}, ...parts.map(({ capabilities }) => capabilities)),
    instructions: INSTRUCTIONS,
    cacheHints: Object.assign(
      { "server/discover": { ttlMs: DISCOVER_TTL_MS, cacheScope: "private" } },
      ...parts.map(({ cacheHints }) => cacheHints),
    ),
  };

  const info = serverInfo(publicUrl);

  return (era, peer, kept) => {
    const requestState = requestStates.of(peer.principal);
    const server = new Server(info, { ...options, requestState });
    // In the latest era each request says what it wants; one of the other era that stands by itself has not said it.
    const { subscriptions, wantsLog = () => era === "modern" } = kept ?? {};
    for (const part of parts) part.register(server, { era, peer, subscriptions, wantsLog, seal: requestState.seal });
    return server;
  };
}
