import assert from "node:assert/strict";
import { type Cell, ECHO } from "../../bench/whole/cell.ts";
import { groupsOf } from "../../bench/whole/measure.ts";
import { webSocketWire } from "../../bench/load/websocket_wire.ts";

const cell = (load: string, subject: string, call: string): Cell => ({
  ...{ load, subject, call, pid: 0, connections: 1 },
  wire: webSocketWire(0, "/", 1, () => ""),
  isAnswer: () => true,
});
const name = ({ load, subject, call }: Cell) => `${load} ${subject} ${call}`;

Deno.test("calls of one kind under one load are measured side by side, each beside the echo of its load", () => {
  const cells = [
    cell("1 × 1", ECHO, "ctx.get"),
    cell("1 × 1", "no stores", "ctx.get"),
    cell("1 × 1", "embedded", "ctx.set"),
    cell("50 × 1", ECHO, "ctx.get"),
    cell("50 × 1", "embedded", "tools/call ctx_get, 2025-11-25"),
    cell("50 × 1", "SDK v2", "tools/call echo, 2026-07-28"),
    { ...cell("50 × 1", "peer", "tools/call pods"), isSlow: true },
    cell("50 × 1", "embedded", "tools/list, 2025-11-25"),
  ];
  const groups = groupsOf(cells);
  assert.deepEqual(groups.map(({ echoes, own }) => [echoes.map(name), own.map(name)]), [
    [[], ["1 × 1 raw echo ctx.get", "1 × 1 no stores ctx.get"]],
    [["1 × 1 raw echo ctx.get"], ["1 × 1 embedded ctx.set"]],
    [[], ["50 × 1 raw echo ctx.get"]],
    [["50 × 1 raw echo ctx.get"], [
      "50 × 1 embedded tools/call ctx_get, 2025-11-25",
      "50 × 1 SDK v2 tools/call echo, 2026-07-28",
    ]],
    [["50 × 1 raw echo ctx.get"], ["50 × 1 peer tools/call pods"]],
    [["50 × 1 raw echo ctx.get"], ["50 × 1 embedded tools/list, 2025-11-25"]],
  ]);
});
