import { toolNamed } from "../../../tools/tool_named.ts";
import { type ResourceKind, variableOf } from "./kind.ts";
import type { KindOptions } from "./options.ts";

const RUNBOOK = "runbook://";
const CONTEXT = "ctx://";
const AUDIT = "audit://recent";

/** The resources that this server has. */
export function createResourceKinds(options: KindOptions): readonly ResourceKind[] {
  return [contextKind(options), runbookKind(options), podsKind(options), auditKind(options)];
}

/** `ctx://{key}`: a value that agents share. */
function contextKind({ tools, authorizer, callUnlisted }: KindOptions): ResourceKind {
  const tool = toolNamed(tools, "ctx.get");
  return {
    template: {
      uriTemplate: `${CONTEXT}{key}`,
      name: "context",
      title: "Context value",
      description: "A JSON value that agents share; subscribe to hear of its changes",
      mimeType: "application/json",
    },
    mayList: (principal) => authorizer.mayList(principal, tool),
    readingOf(uri) {
      const key = variableOf(uri, CONTEXT);
      if (key === undefined) return undefined;
      return {
        ...{ call: callUnlisted, tool: tool.name, args: { key } },
        contentOf: ({ value }) => ({ mimeType: "application/json", text: JSON.stringify(value) }),
      };
    },
  };
}

/** `runbook://{id}`: a runbook as it was written. */
function runbookKind({ tools, authorizer, callUnlisted, runbooks }: KindOptions): ResourceKind {
  const tool = toolNamed(tools, "runbook.preview");
  return {
    template: {
      uriTemplate: `${RUNBOOK}{id}`,
      name: "runbook",
      title: "Runbook",
      description: "A runbook of the operator, as it was written",
      mimeType: "text/markdown",
    },
    mayList: (principal) => authorizer.mayList(principal, tool),
    async list(principal) {
      const mine = (await runbooks.ids()).filter((id) =>
        authorizer.authorize({ principal, tool, args: { runbook_id: id } }).allowed
      );
      return mine.map((id) => ({ uri: RUNBOOK + id, name: id, mimeType: "text/markdown" }));
    },
    readingOf(uri) {
      const id = variableOf(uri, RUNBOOK);
      if (id === undefined) return undefined;
      return {
        ...{ call: callUnlisted, tool: tool.name, args: { runbook_id: id } },
        contentOf: ({ markdown }) => ({ mimeType: "text/markdown", text: String(markdown) }),
      };
    },
  };
}

/** `k8s://{namespace}/pods`: the pods of a namespace, as many as the tool gives on its first page. */
function podsKind({ tools, authorizer, call }: KindOptions): ResourceKind {
  const tool = toolNamed(tools, "k8s.list_pods");
  return {
    template: {
      uriTemplate: "k8s://{namespace}/pods",
      name: "pods",
      title: "Pods of a namespace",
      description: "Name, status and ready of each pod, as k8s_list_pods gives them",
      mimeType: "application/json",
    },
    mayList: (principal) => authorizer.mayList(principal, tool),
    readingOf(uri) {
      const namespace = variableOf(uri, "k8s://", "/pods");
      if (namespace === undefined) return undefined;
      return {
        ...{ call, tool: tool.name, args: { namespace } },
        contentOf: (result) => ({ mimeType: "application/json", text: JSON.stringify(result) }),
      };
    },
  };
}

/** `audit://recent`: the end of the audit log, for who may enter that door. */
function auditKind({ authorizer, callUnlisted }: KindOptions): ResourceKind {
  const mayList: ResourceKind["mayList"] = (principal) => authorizer.mayEnter(principal, "audit").allowed;
  return {
    mayList,
    list: () =>
      Promise.resolve([{
        uri: AUDIT,
        name: "audit",
        title: "Recent audit records",
        description: "The last 50 calls: who called what, and how it ended",
        mimeType: "application/json",
      }]),
    readingOf: (uri) =>
      uri !== AUDIT ? undefined : {
        ...{ call: callUnlisted, tool: "audit.recent", args: {} },
        contentOf: (result) => ({ mimeType: "application/json", text: JSON.stringify(result) }),
      },
  };
}
