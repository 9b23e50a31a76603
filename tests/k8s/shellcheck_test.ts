import assert from "node:assert/strict";
import { ROOT } from "../services/server.ts";
import { kustomize } from "./objects.ts";
import { workloads } from "./pods.ts";

const LATE_MS = 60_000;

/** What shellcheck says of a script on its standard input. @throws where it is not installed */
async function complaints(script: string, shell: string): Promise<string> {
  const child = new Deno.Command("shellcheck", {
    args: [`--shell=${shell}`, "--external-sources", "-"],
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(LATE_MS),
  });
  let running;
  try {
    running = child.spawn();
  } catch (cause) {
    throw new Error("Cannot run shellcheck: apt-get install shellcheck (see .ci/run)", { cause });
  }
  const writer = running.stdin.getWriter();
  await writer.write(new TextEncoder().encode(script));
  await writer.close();
  const { stdout, stderr } = await running.output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

Deno.test("shellcheck has nothing to say of the scripts", async () => {
  const scripts = Array.from(Deno.readDirSync(`${ROOT}scripts`), ({ name }) => `scripts/${name}`)
    .filter((path) => path.endsWith(".sh"));
  assert(["lab", "cleanup", "secrets"].every((name) => scripts.includes(`scripts/${name}.sh`)));
  for (const path of scripts) {
    assert.equal(await complaints(await Deno.readTextFile(`${ROOT}${path}`), "bash"), "", path);
  }
});

Deno.test("shellcheck has nothing to say of what containers run by a shell", async () => {
  const scripts = workloads(await kustomize("k8s")).flatMap(({ containers }) =>
    containers.flatMap(({ name, command, args = [] }) =>
      command?.join(" ") === "/bin/sh -c" ? [[name, args[0] ?? ""] as const] : []
    )
  );
  assert.deepEqual(scripts.map(([name]) => name).sort(), ["postgres", "redis"]);
  for (const [name, script] of scripts) assert.equal(await complaints(script, "sh"), "", name);
});

Deno.test("shellcheck sees a mistake", async () => {
  assert.match(await complaints("echo $1\n", "bash"), /SC2086/);
});
