import { ProtocolError, ProtocolErrorCode, type Resource, ResourceNotFoundError } from "@modelcontextprotocol/server";
import type { Ids } from "../../../storage/clock.ts";
import { StorageError } from "../../../storage/errors.ts";
import type { Principal } from "../../../tools/call_context.ts";
import { ToolError } from "../../../tools/error.ts";
import { callContext } from "../caller.ts";
import { pageOf } from "../page.ts";
import type { OfficialPart } from "../part.ts";
import { toProtocolError, toReadError, unknownSubscription } from "./errors.ts";
import { type ResourceKind, variableOf } from "./kind.ts";

/** How long a client may keep the lists: runbooks are edited while the server runs. */
const LIST_TTL_MS = 60_000;

/** A context key has 256 characters at most, each of which may be encoded by three. */
const URI_CHARS_MAX = 1024;

/** `resources/*`. Reading one is a call of the tool behind it, so that policy, limits, redaction and audit hold. */
export function createResourcesPart(kinds: readonly ResourceKind[], ids: Ids): OfficialPart {
  return {
    capabilities: { resources: { subscribe: true } },
    cacheHints: {
      "resources/list": { ttlMs: LIST_TTL_MS, cacheScope: "private" },
      "resources/templates/list": { ttlMs: LIST_TTL_MS, cacheScope: "private" },
      // What is read may have changed at once.
      "resources/read": { ttlMs: 0, cacheScope: "private" },
    },
    register(server, { era, peer, subscriptions }) {
      const mine = () => kinds.filter((kind) => kind.mayList(peer.principal));

      server.setRequestHandler("resources/list", async ({ params }) => {
        const resources = (await Promise.all(mine().map((kind) => listOf(kind, peer.principal)))).flat();
        const { entries, ...next } = pageOf(resources, ({ uri }) => uri, params?.cursor);
        return { resources: entries, ...next };
      });

      server.setRequestHandler("resources/templates/list", ({ params }) => {
        const templates = mine().flatMap(({ template }) => template ?? []);
        const { entries, ...next } = pageOf(templates, ({ uriTemplate }) => uriTemplate, params?.cursor);
        return { resourceTemplates: entries, ...next };
      });

      server.setRequestHandler("resources/read", async ({ params: { uri } }, context) => {
        const reading = first(kinds, (kind) => kind.readingOf(uri));
        if (!reading) throw new ResourceNotFoundError(uri, `Cannot find resource ${JSON.stringify(uri)}`);
        const { call, tool, args, contentOf } = reading;
        try {
          const request = { method: "resources/read", tool, args };
          const { text } = await call(request, callContext(peer, era, server, context, ids), peer);
          return { contents: [{ uri, ...contentOf(JSON.parse(text)) }] };
        } catch (error) {
          throw toReadError(uri, error);
        }
      });

      // The latest era subscribes by `subscriptions/listen`, which its transports answer.
      if (era === "modern") return;
      const mustBeOpen = () => {
        if (subscriptions) return subscriptions;
        const message = "Open a session with initialize: a subscription lives in one";
        throw new ProtocolError(ProtocolErrorCode.InvalidRequest, message);
      };
      server.setRequestHandler("resources/subscribe", async ({ params: { uri } }) => {
        const open = mustBeOpen();
        if (uri.length > URI_CHARS_MAX || variableOf(uri, "ctx://") === undefined) throw unknownSubscription(uri);
        if (await stored(open.add(uri))) return {};
        const message = "Cannot subscribe: the session has as many subscriptions as it may";
        throw new ProtocolError(ProtocolErrorCode.InvalidParams, message, { uri });
      });
      server.setRequestHandler("resources/unsubscribe", async ({ params: { uri } }) => {
        await stored(mustBeOpen().remove(uri));
        return {};
      });
    },
  };
}

async function stored<T>(change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    throw toProtocolError(
      new ToolError("unavailable", "The store of sessions is away", { hint: "Try again in a few seconds" }),
    );
  }
}

/** Where one kind cannot be listed now, a list of the others is worth more than none. */
async function listOf(kind: ResourceKind, principal: Principal): Promise<readonly Resource[]> {
  try {
    return await kind.list?.(principal) ?? [];
  } catch (error) {
    if (error instanceof ToolError) return [];
    throw error;
  }
}

function first<T, R>(values: readonly T[], of: (value: T) => R | undefined): R | undefined {
  for (const value of values) {
    const found = of(value);
    if (found !== undefined) return found;
  }
  return undefined;
}
