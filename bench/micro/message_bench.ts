import { z } from "zod";
import { RpcError } from "../../rpc/error.ts";
import { houseMethods } from "../../rpc/house.ts";
import { parseMessage } from "../../rpc/message.ts";
import { createRouter, JsonText, type RouterOptions } from "../../rpc/router.ts";
import { parseArguments } from "../../tools/arguments.ts";
import { redact, redactText } from "../../tools/redact.ts";
import { shape } from "../../tools/shape.ts";
import { defineTool } from "../../tools/tool.ts";

// What every message passes through on its way, without sockets and stores.

const options: RouterOptions = {
  idRequired: true,
  batchMax: 50,
  depthMax: 64,
  batchBytesMax: 1_000_000,
  batchBytesError: () => new RpcError(-32008, "The batch's reply is too long"),
  onRefusal: () => {},
  unknownMethodHint: () => "",
  onFault: (error) => {
    throw error;
  },
};
const answer = Promise.resolve(new JsonText('{"key":"version","value":"1.0.0"}'));
const route = createRouter<void>(houseMethods(["ctx.get", "ctx.set"], () => answer), options);

const small = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "mcp.tools.call",
  params: { name: "ctx.get", args: { key: "version" } },
});
const batch = `[${Array(50).fill(small).join(",")}]`;

function setText(value: unknown): string {
  return JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ctx.set", params: { key: "k", value } });
}
const oneString = setText("x".repeat(65_000));
const manyMembers = setText(
  Array.from({ length: 1400 }, (_, i) => ({ name: `pod-${i}`, status: "Running", ready: i })),
);

Deno.bench("parse one small request", { group: "parse", baseline: true }, () => void parseMessage(small, options));
Deno.bench("parse 64 KiB in many members", { group: "parse" }, () => void parseMessage(manyMembers, options));

Deno.bench(
  "route one small request",
  { group: "route", baseline: true },
  async () => void await route(small, undefined),
);
Deno.bench("route a batch of 50", { group: "route" }, async () => void await route(batch, undefined));
Deno.bench("route 64 KiB in one string", { group: "route" }, async () => void await route(oneString, undefined));
Deno.bench("route 64 KiB in many members", { group: "route" }, async () => void await route(manyMembers, undefined));
Deno.bench("refuse a text that is no JSON", { group: "route" }, async () => void await route("{", undefined));

const pods = {
  pods: Array.from({ length: 20 }, (_, i) => ({ name: `web-7d9f8b6c5-${i}`, status: "Running", ready: "1/1" })),
};
const line = "GET /api/v1/namespaces/default/pods 200 12ms user=alice url=http://svc:8080/x";
const logs = {
  logs: Array.from({ length: 100 }, (_, i) => ({ timestamp: "2026-11-02T10:00:00Z", pod: `web-${i}`, message: line })),
};
const mebibyte = `${line}\n`.repeat(13_500);

Deno.bench("redact 20 pods", { group: "redact", baseline: true }, () => void redact(pods));
Deno.bench("redact 100 log lines", { group: "redact" }, () => void redact(logs));
Deno.bench("redact a mebibyte of log in one text", { group: "redact" }, () => void redactText(mebibyte));

const podList = { pods: Array.from({ length: 5000 }, () => pods.pods[0]) };

Deno.bench("shape 20 pods", { group: "shape", baseline: true }, () => void shape(pods, 1_048_576));
Deno.bench("shape 5,000 pods", { group: "shape" }, () => void shape(podList, 1_048_576));
Deno.bench("shape 5,000 pods to a tenth", { group: "shape" }, () => void shape(podList, 30_000));

const tool = defineTool({
  name: "logs.search",
  toolset: "core",
  summary: "",
  description: "",
  input: z.strictObject({ namespace: z.string().min(1).max(63), limit: z.int().min(1).max(1000).default(100) }),
  output: z.object({}),
  effect: "read",
  idempotent: true,
  openWorld: true,
  run: () => Promise.resolve({}),
});

Deno.bench("parseArguments", { group: "arguments", baseline: true }, () => {
  parseArguments(tool, { namespace: "default", limit: 5 });
});
Deno.bench("parseArguments that refuses", { group: "arguments" }, () => {
  try {
    parseArguments(tool, { namspace: "default", limit: 0 });
  } catch {
    // It always does.
  }
});
