import type { Resource, ResourceTemplateType } from "@modelcontextprotocol/server";
import type { Principal } from "../../../tools/call_context.ts";
import type { CallRequest } from "../../../tools/call.ts";
import type { EdgeCall } from "../../edge_call.ts";

/** What a resource holds, as the protocol sends it. */
export interface Content {
  readonly mimeType: "application/json" | "text/markdown";
  readonly text: string;
}

/** How a resource is read: by a call of the tool behind it. */
export interface Reading {
  readonly call: EdgeCall;
  readonly tool: string;
  readonly args: NonNullable<CallRequest["args"]>;
  /** @param result what the tool gave */
  readonly contentOf: (result: Readonly<Record<string, unknown>>) => Content;
}

/** Resources whose URIs begin alike. */
export interface ResourceKind {
  /** `undefined` where there is one resource only. */
  readonly template?: ResourceTemplateType;
  /** Whether the principal may read any of them. */
  mayList(principal: Principal): boolean;
  /** Those that are listed one by one, by URI. @throws {ToolError} where they cannot be listed now. */
  list?(principal: Principal): Promise<readonly Resource[]>;
  /** How the resource of a URI is read; `undefined` for a URI that is none of these. */
  readingOf(uri: string): Reading | undefined;
}

/** The variable part of a URI, decoded; `undefined` where it is not between the two, or is badly encoded. */
export function variableOf(uri: string, before: string, after = ""): string | undefined {
  if (!uri.startsWith(before) || !uri.endsWith(after) || uri.length <= before.length + after.length) return undefined;
  try {
    return decodeURIComponent(uri.slice(before.length, uri.length - after.length));
  } catch {
    return undefined;
  }
}
