import assert from "node:assert/strict";
import { call, callAll } from "./caller.ts";
import type { Planted } from "./planted.ts";
import type { World } from "./world.ts";

/** Writes a runbook for each secret, with it in every place. @returns their folder. */
export async function writeRunbooks(planted: readonly Planted[]): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "runbooks-" });
  for (const [n, { text }] of planted.entries()) {
    const runbook = [
      `---\ntitle: Made up\nsummary: ${JSON.stringify(text)}\n---`,
      `## First ${text.split("\n")[0]}`,
      `Look at this:\n\n    ${text.replaceAll("\n", "\n    ")}`,
      `\`\`\`sh\n${text}\n\`\`\``,
      `[more](https://x.example/?next=${encodeURIComponent(text)})\n`,
    ];
    await Deno.writeTextFile(`${folder}/made-up-${n}.md`, runbook.join("\n\n"));
  }
  return folder;
}

export async function readRunbooks({ planted, socket, sinks }: World): Promise<void> {
  const ids = planted.map((_, n) => `made-up-${n}`);
  await callAll(socket, sinks, ids.map((runbook_id) => call("a runbook with one", "runbook.preview", { runbook_id })));
  const replies = sinks.textOf("reply to a runbook with one").split("\n");
  for (const reply of replies) assert.match(reply, /\[REDACTED\]/);
  assert.equal(replies.length, planted.length);
}
