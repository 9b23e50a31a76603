import type { Ids } from "../../storage/clock.ts";
import type { EventBus } from "../../storage/event_bus.ts";
import type { McpSessionStore } from "../../storage/mcp_session_store.ts";
import type { Tool } from "../../tools/tool.ts";
import type { OpenDialogue } from "../dialogue.ts";
import type { Refusal } from "../refusals.ts";
import type { DirectWay, OfficialWay } from "./direct.ts";
import { createOfficialHttp, type OfficialHttp } from "./http.ts";
import { createListeners } from "./listeners.ts";
import { createParamHeaderCheck } from "./param_headers.ts";
import { createRequestStates } from "./request_state.ts";
import type { ResourceChanges } from "./resources/changes.ts";
import { sortSdkErrors } from "./sdk_errors.ts";
import { createOfficialServers, type OfficialServerOptions } from "./server.ts";
import { createSessionHub } from "./session/hub.ts";
import { createSessionSeal } from "./session/seal.ts";
import { createSessionHttp } from "./session/session_http.ts";
import { createOfficialSockets } from "./socket.ts";
import { createToolNames } from "./tool_names.ts";

export interface OfficialOptions extends Omit<OfficialServerOptions, "requestStates"> {
  readonly tools: readonly Tool[];
  readonly ids: Ids;
  readonly sessions: McpSessionStore;
  readonly events: EventBus;
  /** Seals the ids of sessions, and what a request keeps with its client: shared by the replicas, at least 32 bytes. */
  readonly sessionKey: Uint8Array;
  /** Of resources; none where left out. It is disposed with the rest. */
  readonly changes?: ResourceChanges | undefined;
  readonly jsonDepthMax: number;
  /** Answers what needs no SDK, in sessions and on connections; the SDK answers all where left out. */
  readonly direct?: Pick<DirectWay, "answer"> | undefined;
  /** Told which way each message is answered. */
  readonly onWay: (way: OfficialWay) => void;
  readonly onRefusal: (reason: Refusal) => void;
  readonly onFault: (error: unknown) => void;
}

/** The official protocol over both transports. Disposing ends its streams. */
export interface Official extends OfficialHttp {
  readonly openDialogue: OpenDialogue;
}

export function createOfficial(options: OfficialOptions): Official {
  const { sessions, events, sessionKey, changes, jsonDepthMax, ids, direct, onRefusal, onWay } = options;
  const onFault = sortSdkErrors(options);
  const servers = createOfficialServers({ ...options, requestStates: createRequestStates(sessionKey) });
  const hub = createSessionHub(events, ids.uuid());
  const listeners = createListeners(options);
  const sessionHttp = createSessionHttp({
    ...{ servers, sessions, hub, listeners, changes, ids, direct, onFault, onWay },
    seal: createSessionSeal(sessionKey),
  });
  const checkParamHeaders = createParamHeaderCheck(options.tools, createToolNames(options.tools));
  const http = createOfficialHttp({
    ...{ servers, checkParamHeaders, listeners, changes, onFault, onWay },
    sessions: sessionHttp,
  });
  return {
    answer: http.answer,
    openDialogue: createOfficialSockets({ servers, changes, jsonDepthMax, direct, onRefusal, onFault, onWay }),
    async [Symbol.asyncDispose]() {
      await http[Symbol.asyncDispose]();
      await hub[Symbol.asyncDispose]();
      await changes?.[Symbol.asyncDispose]();
    },
  };
}
