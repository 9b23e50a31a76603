import assert from "node:assert/strict";
import { hideSecretManifests } from "../../../tools/logs/secret_manifests.ts";

const AT = "2026-11-22T10:16:08.881109301Z";

const LOGS: readonly (readonly [name: string, lines: readonly string[], expected: readonly string[]])[] = [
  [
    "in YAML",
    ["before: a", "kind: Secret", "data:", "  user: bWFkZQ==", "  pem: |", "    bWFkZQ==", "type: Opaque"],
    ["before: a", "kind: Secret", "data:", "  user: [REDACTED]", "  pem: [REDACTED]", "    [REDACTED]", "type: Opaque"],
  ],
  [
    "in JSON over several lines",
    ["{", '  "data": {', '    "user": "bWFkZQ=="', "  },", '  "kind": "Secret",', '  "type": "Opaque"', "}"],
    ["{", '  "data": {', '    "user": [REDACTED]', "  },", '  "kind": "Secret",', '  "type": "Opaque"', "}"],
  ],
  [
    "after what a logger writes before each line, with lines of others among its own",
    [
      "10:01 db: data:",
      "10:02 db:   user: bWFkZQ==",
      "10:02 web: data:",
      "10:03 db:   pin: a",
      "10:04 db: kind: Secret",
    ],
    [
      "10:01 db: data:",
      "10:02 db:   user: [REDACTED]",
      "10:02 web: data:",
      "10:03 db:   pin: [REDACTED]",
      "10:04 db: kind: Secret",
    ],
  ],
  [
    "in JSON lines",
    ['{"m":"kind: Secret","n":1}', '{"m":"data:","n":2}', '{"m":"  a: b","n":3}', '{"m":"type: Opaque","n":4}'],
    [
      '{"m":"kind: Secret","n":1}',
      '{"m":"data:","n":2}',
      '{"m":"  a: [REDACTED]","n":3}',
      '{"m":"type: Opaque","n":4}',
    ],
  ],
  ["of another kind stays", ["kind: ConfigMap", "data:", "  a: b"], ["kind: ConfigMap", "data:", "  a: b"]],
  ["that is but spoken of stays", ["Secret data:", "  a: b"], ["Secret data:", "  a: b"]],
];

Deno.test("of a Secret that was printed into a log the data is taken out", async (t) => {
  for (const [name, lines, expected] of LOGS) {
    await t.step(name, () => {
      const timed = (list: readonly string[]) => list.map((line) => `${AT} ${line}`);
      assert.deepEqual(hideSecretManifests(timed(lines)), timed(expected));
      assert.deepEqual(hideSecretManifests(lines), expected);
    });
  }
});

Deno.test("the lines of Secrets take linear time, whoever wrote them", async (t) => {
  const count = 100_000;
  const logs: Readonly<Record<string, (line: number) => string>> = {
    "all the same": () => "kind: Secret",
    "each with words of its own around": (line) => `${"abcdefghij"[line % 10]}${line}: kind: Secret ${line}`,
    "with others between": (line) => line % 9 === 0 ? "kind: Secret" : "  a: b",
    "that are only spoken of": () => "Secret Secret kind",
    "long": () => `${" ".repeat(500)}kind: Secret`,
  };
  for (const [name, lineOf] of Object.entries(logs)) {
    await t.step(name, () => {
      const lines = Array.from({ length: count }, (_, line) => lineOf(line));
      const start = performance.now();
      hideSecretManifests(lines);
      assert(performance.now() - start < 5_000);
    });
  }
});

Deno.test("a log without a Secret is given back as it is, lines of the same words included", () => {
  const lines = ["data:\r", "  a: b\r", "\x1b[32mINFO\x1b[0m Secret rotated\r"];
  assert.equal(hideSecretManifests(lines), lines);
});
