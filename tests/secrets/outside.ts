import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { failure } from "../services/kubernetes/answer.ts";
import { call, callAll } from "./caller.ts";
import { LOG_SHAPES } from "./shapes.ts";
import { oneSeries, refused } from "./upstream.ts";
import type { World } from "./world.ts";

const POD = { namespace: "mcp-lab", pod: "mcp-server-79b7cc4d58-6qnbt" };
/** Lines of one log, as many as one reply has room for; those before are there again, so that nothing is torn apart. */
const LINES_MAX = 700;
const LINES_AGAIN = 300;

/** In the logs of pods, in every shape. */
export async function readLogs({ planted, socket, kubernetes, sinks }: World): Promise<void> {
  for (const [shape, linesOf] of Object.entries(LOG_SHAPES)) {
    const lines = planted.flatMap((each) => ["made-up words between", ...linesOf(each)]).map((text, index) => ({
      time: `2026-11-22T10:16:08.${String(index).padStart(9, "0")}Z`,
      bytes: Buffer.from(text).toString("latin1"),
    }));
    for (let start = 0; start < lines.length; start += LINES_MAX - LINES_AGAIN) {
      kubernetes.setLog(POD.namespace, POD.pod, "mcp-server", lines.slice(start, start + LINES_MAX));
      for (const query of ["", "/[a-z]/i"]) {
        const reply = await socket.call("logs.search", { ...POD, limit: 1000, query });
        assert(reply.result?.logs.length > 0, JSON.stringify(reply));
        sinks.add(`logs, ${shape}`, JSON.stringify(reply.result));
      }
    }
    assert.match(sinks.textOf(`logs, ${shape}`), /\[REDACTED\]/);
  }
}

/** In what the cluster says of its failures, and in answers that are none. */
export async function meetErrors({ planted, socket, kubernetes, sinks }: World): Promise<void> {
  const statuses = [400, 403, 404, 409, 410, 422, 429, 500, 503];
  for (const [n, { text, carrier }] of planted.entries()) {
    const status = statuses[n % statuses.length] ?? 500;
    const json = { status: 200, contentType: "application/json" };
    const answers = [
      failure(status, "MadeUp", `the webhook said: ${text}`, { name: text }),
      { ...json, status, body: text },
      { ...json, body: text },
      { ...json, body: JSON.stringify({ kind: "PodList", items: carrier }) },
      { ...json, body: `{"kind":"PodList","items":[${JSON.stringify(text)}` },
    ];
    // Of each kind there are as many secrets as answers.
    for (const answer of answers.filter((_, each) => (each + n) % answers.length < 2)) {
      kubernetes.interfere(() => ({ kind: "answer", answer }));
      await callAll(socket, sinks, [
        call("k8s.list_pods that fails", "k8s.list_pods", { namespace: "made-up", limit: 1 + n }),
        call("logs.search that fails", "logs.search", POD),
      ]);
    }
  }
  kubernetes.interfere();
}

/** In labels, warnings and errors of Prometheus. */
export async function queryPrometheus({ planted, socket, upstream, sinks }: World): Promise<void> {
  for (const [n, { text, carrier }] of planted.entries()) {
    const answers = [
      oneSeries({ made_up: text, password: text }, [text, `near ${text}`]),
      refused(400, "bad_data", `parse error: ${text}`),
      refused(422, "execution", text),
      refused(503, "unavailable", `dialing ${text}`),
      { status: 502, body: text },
      { status: 200, body: text },
      { status: 200, body: JSON.stringify({ status: "success", data: carrier }) },
    ];
    for (const [each, answer] of answers.entries()) {
      upstream.answer = answer;
      await callAll(socket, sinks, [call("Prometheus", "prom.query_simple", { query: `made_up_${n}_${each}` })]);
    }
  }
  assert.match(sinks.textOf("reply to Prometheus"), /\[REDACTED\]/);
}
