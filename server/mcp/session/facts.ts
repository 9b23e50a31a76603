import type { InitializeRequest, InitializeResult } from "@modelcontextprotocol/server";
import type { Peer } from "../../peer.ts";
import type { SessionFacts } from "./seal.ts";

/** Capabilities of a client that a server of this era may make use of. */
const KNOWN_CAPABILITIES = ["roots", "sampling", "elicitation"] as const;

/** What a session's handshake has settled for good. */
export function factsOf(
  id: string,
  { params }: InitializeRequest,
  { protocolVersion }: InitializeResult,
  peer: Peer,
): SessionFacts {
  const given: Readonly<Record<string, unknown>> = params.capabilities;
  const capabilities = KNOWN_CAPABILITIES.filter((name) => given[name]).map((name) => [name, given[name]]);
  const { name, version } = params.clientInfo;
  return {
    id,
    principal: peer.principal.name,
    protocolVersion,
    client: { name: name.slice(0, 128), version: version.slice(0, 64) },
    capabilities: Object.fromEntries(capabilities),
  };
}
