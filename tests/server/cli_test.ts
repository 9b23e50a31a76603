import assert from "node:assert/strict";
import { readCommand } from "../../server/cli.ts";
import { VERSION } from "../../server/version.ts";

Deno.test("the command line says what to do", async (t) => {
  const cases: [string[], ReturnType<typeof readCommand>][] = [
    [[], { kind: "serve", dev: false }],
    [["--dev"], { kind: "serve", dev: true }],
    [["--check-config"], { kind: "check-config", dev: false }],
    [["--check-config", "--dev"], { kind: "check-config", dev: true }],
    [["--version"], { kind: "print", text: "1.0.0", exitCode: 0 }],
  ];
  for (const [args, command] of cases) {
    await t.step(args.join(" ") || "nothing", () => assert.deepEqual(readCommand(args), command));
  }
});

Deno.test("the help names every option", () => {
  for (const args of [["--help"], ["-h"], ["--version", "--help"]]) {
    const help = readCommand(args);
    assert(help.kind === "print");
    assert.equal(help.exitCode, 0);
    for (const option of ["--dev", "--check-config", "--version", "--help"]) assert(help.text.includes(option), option);
  }
});

Deno.test("what is no option is named, with the help and exit code 2", () => {
  for (const args of [["--prot"], ["serve"], ["--dev=yes"], ["--", "x"], ["-x"]]) {
    const command = readCommand(args);
    assert(command.kind === "print", args.join(" "));
    assert.equal(command.exitCode, 2);
    const named = args.at(-1)?.replace(/=.*/, "") ?? "";
    const [reason = ""] = command.text.split("\n");
    assert(reason.includes(named), `${reason} names ${named}`);
    assert(command.text.includes("--check-config"));
  }
});

Deno.test("the version is the one of deno.json", () => {
  const config = JSON.parse(Deno.readTextFileSync(new URL("../../deno.json", import.meta.url)));
  assert.equal(VERSION, config.version);
  assert.equal(VERSION, "1.0.0", "the guide's");
});
