import assert from "node:assert/strict";

const FAULTS = new URL("../../server/faults.ts", import.meta.url);
const LOG = new URL("../../server/log.ts", import.meta.url);

/** Runs a program that survives its faults, then prints `alive`. */
async function run(program: string) {
  const code = `
    import { surviveFaults } from "${FAULTS}";
    import { createLog } from "${LOG}";
    surviveFaults(createLog({ level: "info", format: "text", write: (line) => console.log(line), now: Date.now }));
    ${program}
    setTimeout(() => console.log("alive"));
  `;
  const command = new Deno.Command(Deno.execPath(), { args: ["eval", code], stdout: "piped", stderr: "piped" });
  const output = await command.output();
  const decoder = new TextDecoder();
  return { code: output.code, out: decoder.decode(output.stdout), err: decoder.decode(output.stderr) };
}

Deno.test("whatever is thrown where nobody catches it is logged, and the process goes on", async () => {
  const { code, out, err } = await run(`
    Promise.reject(new Error("a rejection"));
    Promise.reject(undefined);
    Promise.reject(10n);
    setTimeout(() => { throw new TypeError("a throw in a timer"); });
    queueMicrotask(() => { throw null; });
    setTimeout(() => { throw { toString() { throw new Error("hostile"); } }; });
  `);
  assert.equal(err, "");
  assert.equal(code, 0);
  const lines = out.trimEnd().split("\n");
  assert.equal(lines.at(-1), "alive");
  const logged = (words: RegExp) => lines.filter((line) => words.test(line)).length;
  assert.equal(logged(/^ERROR: A promise was rejected and nobody waited for it/), 3, out);
  assert.equal(logged(/^ERROR: An error was thrown and nobody caught it/), 3, out);
  assert.equal(logged(/error="Error: a rejection/), 1, out);
  assert.equal(logged(/error="TypeError: a throw in a timer/), 1, out);
});
