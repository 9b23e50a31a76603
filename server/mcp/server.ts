import { ProtocolError, ProtocolErrorCode, SdkError, Server } from "@modelcontextprotocol/server";
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
  /** Told of a fault of ours, which the caller is told of in two words. */
  readonly onFault: (error: unknown) => void;
}

/**
 * Builds a server of the official protocol for one request, or one connection: whatever its transport serves.
 *
 * @param kept by the session or connection, in the era that has them
 */
export type OfficialServerFactory = (era: Era, peer: Peer, kept?: Kept) => Server;

/** The official protocol's methods, as the parts have them. */
export function createOfficialServers(
  { parts, publicUrl, requestStates, onFault }: OfficialServerOptions,
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
    hideFaults(server, onFault);
    // In the latest era each request says what it wants; one of the other era that stands by itself has not said it.
    const { subscriptions, wantsLog = () => era === "modern" } = kept ?? {};
    for (const part of parts) part.register(server, { era, peer, subscriptions, wantsLog, seal: requestState.seal });
    return server;
  };
}

/** The SDK would send whatever is thrown in its own words. Only what is made for callers is for them. */
function hideFaults(server: Server, onFault: OfficialServerOptions["onFault"]): void {
  const register = server.setRequestHandler.bind(server) as (...args: readonly unknown[]) => void;
  server.setRequestHandler = ((...args: readonly unknown[]) => {
    const handle = args.at(-1) as (...of: readonly unknown[]) => unknown; // The last one in each of its forms.
    register(...args.slice(0, -1), async (...of: readonly unknown[]) => {
      try {
        return await handle(...of);
      } catch (error) {
        if (error instanceof ProtocolError || error instanceof SdkError) throw error;
        onFault(error);
        throw new ProtocolError(ProtocolErrorCode.InternalError, "Internal error");
      }
    });
  }) as Server["setRequestHandler"];
}
