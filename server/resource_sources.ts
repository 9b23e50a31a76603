import type { Stores } from "../storage/open.ts";
import type { Authorizer } from "../tools/authorizer.ts";
import type { CallTool } from "../tools/call.ts";
import { contextKeys, type ContextScope } from "../tools/ctx/keys.ts";
import type { Policy } from "../tools/policy/policy.ts";
import type { RunbookLibrary } from "../tools/runbook/library.ts";
import type { Tool } from "../tools/tool.ts";
import { createUnlisted, type Unlisted } from "../tools/unlisted/unlisted.ts";
import type { EdgeCall } from "./edge_call.ts";
import { createContextChanges } from "./mcp/resources/changes.ts";
import type { ResourceSources } from "./mcp/resources/options.ts";

export interface ResourceSourcesOptions {
  readonly tools: readonly Tool[];
  readonly authorizer: Authorizer;
  /** `undefined` where everyone may call everything. */
  readonly policy: Policy | undefined;
  readonly stores: Pick<Stores, "context" | "audit" | "events" | "recordCheck">;
  readonly runbooks: RunbookLibrary;
  readonly contextScope: ContextScope;
  /** A call path with the same guards as the catalogue's, over other tools. */
  readonly callPathOf: (unlisted: Unlisted) => CallTool;
  readonly edgeCallOf: (callTool: CallTool) => EdgeCall;
}

/** What the official protocol's resources are made of; nothing is opened before somebody asks for one. */
export function createResourceSources(options: ResourceSourcesOptions): ResourceSources {
  const { tools, authorizer, policy, stores: { context, audit, events, recordCheck }, runbooks } = options;
  const keys = contextKeys(options.contextScope);
  const unlisted = createUnlisted({ tools, authorizer, context, keys, runbooks, audit, recordCheck });
  return {
    callUnlisted: options.edgeCallOf(options.callPathOf(unlisted)),
    runbooks,
    async namespacesOf(principal) {
      if (!policy) return [];
      // Loaded with the first completion: a start without a policy has no use for it.
      const { namedNamespaces } = await import("../tools/policy/named_namespaces.ts");
      return namedNamespaces(policy, principal);
    },
    changes: createContextChanges({ events, keys, authorizer, tools }),
  };
}
