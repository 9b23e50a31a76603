import type { Context } from "hono";
import { type AppEnv, connectionOf, isUpgrade } from "./app_env.ts";
import { createClientAddress } from "./auth/address.ts";
import type { Visit } from "./auth/gate.ts";
import { DEFAULT_PRINCIPAL, type Peer, Slots } from "./peer.ts";
import { readTraceparent } from "./trace/traceparent.ts";
import type { Settings } from "./settings.ts";

/** Says who is at the other end of a request. */
export interface Peers {
  /** As the gate is asked. */
  visitOf(context: Context<AppEnv>): Visit;
  /**
   * As its calls travel with it, once it was let in.
   *
   * @param signal aborts when the client hangs up; the request's own where left out, which costs more than the rest
   */
  peerOf(context: Context<AppEnv>, signal?: AbortSignal): Peer;
  /** The same for a connection, which outlives the check of its credential. */
  connectedPeerOf(context: Context<AppEnv>, session: string, signal: AbortSignal): Peer;
}

export function createPeers(settings: Pick<Settings, "TRUSTED_PROXIES" | "IN_FLIGHT_MAX">): Peers {
  const clientAddress = createClientAddress(settings.TRUSTED_PROXIES);

  function addressOf(context: Context<AppEnv>): string | undefined {
    const address = connectionOf(context)?.remoteAddr;
    const peer = address && "hostname" in address ? address.hostname : undefined;
    return clientAddress(peer, context.req.header("x-forwarded-for"));
  }

  function peerOf(context: Context<AppEnv>, signal = context.req.raw.signal): Peer {
    return {
      principal: context.get("visitor")?.identity.principal ?? DEFAULT_PRINCIPAL,
      transport: "http",
      client: { name: context.req.header("user-agent"), address: addressOf(context) },
      session: undefined,
      signal,
      slots: new Slots(settings.IN_FLIGHT_MAX),
      traceParent: readTraceparent(context.req.header("traceparent")),
    };
  }

  return {
    visitOf: (context) => ({
      request: context.req.raw,
      address: addressOf(context),
      isUpgrade: context.req.path === "/mcp" && isUpgrade(context),
    }),
    peerOf,
    connectedPeerOf: (context, session, signal) => ({
      ...peerOf(context, signal),
      traceParent: undefined,
      transport: "websocket",
      session,
      standing: context.get("visitor")?.standing,
    }),
  };
}
