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

Deno.test("a log without a Secret is given back as it is, lines of the same words included", () => {
  const lines = ["data:\r", "  a: b\r", "\x1b[32mINFO\x1b[0m Secret rotated\r"];
  assert.equal(hideSecretManifests(lines), lines);
});
