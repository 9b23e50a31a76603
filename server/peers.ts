import type { Context } from "hono";
import { type AppEnv, type Connection, connectionOf, isUpgrade } from "./app_env.ts";
import { createClientAddress } from "./auth/address.ts";
import type { Visit, Visitor } from "./auth/gate.ts";
import { DEFAULT_PRINCIPAL, type Peer, Slots } from "./peer.ts";
import type { OnRate } from "../tools/call.ts";
import { readTraceparent } from "./trace/traceparent.ts";
import type { Settings } from "./settings.ts";

/** A request that was made, and what else is known of it. */
export interface Arrival {
  readonly request: Request;
  /** Of who sends it. */
  readonly address: string | undefined;
  readonly visitor: Visitor | undefined;
}

/** Says who is at the other end of a request. */
export interface Peers {
  /** As the gate is asked. */
  visitOf(context: Context<AppEnv>): Visit;
  /** As its calls travel with it, once it was let in. */
  peerOf(context: Context<AppEnv>): Peer;
  /** The same for a connection, which outlives the check of its credential. */
  connectedPeerOf(context: Context<AppEnv>, session: string, signal: AbortSignal): Peer;
  /** Address of who sends a request. */
  addressOf(request: Request, connection: Connection | undefined): string | undefined;
  /** A request as it was routed. */
  arrivalOf(context: Context<AppEnv>): Arrival;
  /** @param signal aborts when the client hangs up @param onRate told of the limiter's decisions */
  arrivedPeerOf(arrival: Arrival, signal: AbortSignal, onRate: OnRate): Peer;
}

const untold = () => {};

export function createPeers(settings: Pick<Settings, "TRUSTED_PROXIES" | "IN_FLIGHT_MAX">): Peers {
  const clientAddress = createClientAddress(settings.TRUSTED_PROXIES);
  const isBehindProxy = settings.TRUSTED_PROXIES.length > 0;

  function addressOf(request: Request, connection: Connection | undefined): string | undefined {
    const address = connection?.remoteAddr;
    const peer = address && "hostname" in address ? address.hostname : undefined;
    return clientAddress(peer, isBehindProxy ? request.headers.get("x-forwarded-for") : undefined);
  }

  function arrivedPeerOf(
    { request, address, visitor }: Arrival,
    signal: AbortSignal,
    onRate: OnRate = untold,
  ): Peer {
    const { headers } = request;
    return {
      principal: visitor?.identity.principal ?? DEFAULT_PRINCIPAL,
      transport: "http",
      client: { name: headers.get("user-agent") ?? undefined, address },
      session: undefined,
      signal,
      slots: new Slots(settings.IN_FLIGHT_MAX),
      traceParent: readTraceparent(headers.get("traceparent")),
      onRate,
    };
  }

  const arrivalOf = (context: Context<AppEnv>): Arrival => ({
    request: context.req.raw,
    address: addressOf(context.req.raw, connectionOf(context)),
    visitor: context.get("visitor"),
  });

  return {
    addressOf,
    arrivalOf,
    arrivedPeerOf,
    visitOf: (context) => ({
      request: context.req.raw,
      address: addressOf(context.req.raw, connectionOf(context)),
      isUpgrade: context.req.path === "/mcp" && isUpgrade(context),
    }),
    peerOf: (context) => arrivedPeerOf(arrivalOf(context), context.req.raw.signal),
    connectedPeerOf: (context, session, signal) => ({
      ...arrivedPeerOf(arrivalOf(context), signal),
      traceParent: undefined,
      transport: "websocket",
      session,
      standing: context.get("visitor")?.standing,
    }),
  };
}
