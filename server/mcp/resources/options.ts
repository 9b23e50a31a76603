import type { Authorizer } from "../../../tools/authorizer.ts";
import type { Principal } from "../../../tools/call_context.ts";
import type { RunbookLibrary } from "../../../tools/runbook/library.ts";
import type { Tool } from "../../../tools/tool.ts";
import type { EdgeCall } from "../../edge_call.ts";
import type { ResourceChanges } from "./changes.ts";

/** What resources, prompts and their completion have beside the catalogue. */
export interface ResourceSources {
  /** Calls of the tools that no list shows (`createUnlisted`), behind the same guards as every other. */
  readonly callUnlisted: EdgeCall;
  readonly runbooks: Pick<RunbookLibrary, "ids">;
  /** Namespaces that the policy names for a principal, sorted; it need not be allowed every call there. */
  readonly namespacesOf: (principal: Principal) => Promise<readonly string[]>;
  readonly changes: ResourceChanges;
}

/** What the kinds of resources are made of. */
export interface KindOptions extends ResourceSources {
  readonly tools: readonly Tool[];
  readonly authorizer: Pick<Authorizer, "authorize" | "mayList" | "mayEnter">;
  readonly call: EdgeCall;
}
