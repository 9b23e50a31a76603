import assert from "node:assert/strict";
import { measureOurs } from "../../bench/answer_sizes/ours.ts";
import { QUESTIONS } from "../../bench/answer_sizes/questions.ts";
import { parseTable, tokensOf } from "../../bench/answer_sizes/table.ts";
import { startKubernetesApi } from "../services/kubernetes.ts";
import { ROOT } from "../services/server.ts";

const TOKENS_MAX = 2_000;
const GROWTH_MAX = 1.05;

Deno.test("docs/answer-sizes.md says what answers take: under 2,000 tokens, and less than another server's", async (t) => {
  const rows = parseTable(await Deno.readTextFile(`${ROOT}docs/answer-sizes.md`));
  assert.deepEqual(rows.map(({ words, tool }) => [words, tool]), QUESTIONS.map(({ words, tool }) => [words, tool]));
  await using api = await startKubernetesApi();
  const sizes = await measureOurs(api);
  for (const [index, row] of rows.entries()) {
    await t.step(row.words, () => {
      const { textBytes, jsonBytes } = sizes[index] ?? { textBytes: Infinity, jsonBytes: Infinity };
      const grown = `${textBytes} bytes of text and ${jsonBytes} of JSON; the document says ${row.textBytes} and ` +
        `${row.jsonBytes}: write it anew with bench/answer_sizes.ts`;
      assert(textBytes <= row.textBytes * GROWTH_MAX && jsonBytes <= row.jsonBytes * GROWTH_MAX, grown);
      assert(tokensOf(jsonBytes) < TOKENS_MAX && tokensOf(textBytes) < TOKENS_MAX, grown);
      // Both, for a client may show a model either.
      if (row.peerBytes !== undefined) assert(Math.max(textBytes, jsonBytes) < row.peerBytes, grown);
      assert.equal(row.peerBytes !== undefined, QUESTIONS[index]?.peer !== undefined, "the row of what is compared");
    });
  }
});
