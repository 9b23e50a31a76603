import type { Wire } from "../load/wire.ts";
import { httpWire, type Posted } from "../load/http_wire.ts";
import { webSocketWire } from "../load/websocket_wire.ts";
import type { Subject } from "./subject.ts";

/** One thing that is measured: a call of a subject, under a load. */
export interface Cell {
  /** `WebSocket 50 × 8`: cells of one load are compared with each other. */
  readonly load: string;
  readonly subject: string;
  readonly call: string;
  readonly pid: number;
  readonly wire: Wire;
  readonly connections: number;
  readonly isAnswer: (reply: string) => boolean;
  /** It keeps others waiting for their turns for so long that it is measured by itself. */
  readonly isSlow?: boolean;
}

/** Connections, and calls under way on each. */
export type Shape = readonly [connections: number, depth: number];
export const SHAPES: readonly Shape[] = [[1, 1], [1, 8], [50, 1], [50, 8]];
/** At which every call is measured; `ctx.get` at all. */
export const SHALLOW: readonly Shape[] = [[1, 1], [50, 1]];

export const ECHO = "raw echo";

export function webSocketCell(
  [subject, { port, pid }]: readonly [string, Pick<Subject, "port" | "pid">],
  call: string,
  [connections, depth]: Shape,
  isAnswer = isResult,
): Cell {
  const ask = (slot: number) => messageOf(call, slot);
  const load = `WebSocket ${connections} × ${depth}`;
  return { load, subject, call, pid, connections, isAnswer, wire: webSocketWire(port, "/mcp", depth, ask) };
}

/** HTTP/1.1 has one call under way a connection: of a depth there are as many connections more. */
export function httpCell(
  [subject, { port, pid }]: readonly [string, Subject],
  call: string,
  [connections, depth]: Shape,
  { isAnswer = isResult, posted = postedCall(call) }: {
    readonly isAnswer?: (reply: string) => boolean;
    readonly posted?: Posted;
  } = {},
): Cell {
  const wire = httpWire(port, posted);
  return {
    load: `HTTP ${connections} × ${depth}`,
    subject,
    call,
    pid,
    connections: connections * depth,
    isAnswer,
    wire,
  };
}

/** A reply of JSON-RPC, in whichever framing, that is neither an error nor a tool's failure. */
function isResult(reply: string): boolean {
  return reply.includes('"result"') && !/"isError": ?true|"error"/.test(reply);
}

/** An echo gives the question back. */
export const isEcho = (reply: string) => reply.includes('"method"');

const PARAMS: Readonly<Record<string, string>> = {
  "ctx.get": '{"key":"bench"}',
  "ctx.set": '{"key":"bench","value":"1.0.0"}',
  "mcp.tools.list": "{}",
  "k8s.list_pods": '{"namespace":"mcp-lab"}',
};
export const OTHER_CALLS = Object.keys(PARAMS).filter((call) => call !== "ctx.get");

/** A call of the house dialect. */
function messageOf(call: string, id: number): string {
  return `{"jsonrpc":"2.0","id":${id},"method":"${call}","params":${PARAMS[call]}}`;
}

function postedCall(call: string): Posted {
  return { path: "/mcp", headers: { "content-type": "application/json" }, body: (id) => messageOf(call, id) };
}
