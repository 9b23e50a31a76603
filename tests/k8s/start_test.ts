import assert from "node:assert/strict";
import { z } from "zod";
import { testBeside } from "../services/beside.ts";
import { freePort, listening, startService } from "../services/process.ts";
import { find, kustomize } from "./objects.ts";
import { workloads } from "./pods.ts";

// What the containers of Redis and Postgres are told to run, run by a shell on this machine.

const lab = await kustomize("k8s");

/** The script of a container that a shell starts. */
function scriptOf(is: string): string {
  const [container] = workloads(lab).find((workload) => workload.is === is)?.containers ?? [];
  assert.deepEqual(container?.command, ["/bin/sh", "-c"]);
  return container.args?.[0] ?? "";
}

async function shell(script: string, env: Record<string, string>) {
  const { code, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-c", script],
    env,
    stdin: "null",
    signal: AbortSignal.timeout(10_000),
  }).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

Deno.test("Redis and Postgres without their Secret end, and say which script makes it", async () => {
  for (const secret of ["redis-mcp", "postgres-mcp"]) {
    const { code, stderr } = await shell(scriptOf(`StatefulSet/${secret}`), {
      REDISCLI_AUTH: "",
      POSTGRES_PASSWORD: "",
    });
    assert.equal(code, 1, secret);
    assert.match(
      stderr,
      new RegExp(`the Secret ${secret} has no password, or is not there\\. Run: bash scripts/secrets\\.sh`),
    );
  }
});

Deno.test("Postgres with its Secret is started by the image's own entry point, in place of the shell", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      `${folder}/docker-entrypoint.sh`,
      '#!/bin/sh\n[ "$PPID" = "$TEST" ] && [ "$1" = postgres ]\n',
      {
        mode: 0o755,
      },
    );
    const { code } = await shell(scriptOf("StatefulSet/postgres-mcp"), {
      POSTGRES_PASSWORD: "a",
      TEST: String(Deno.pid),
      PATH: `${folder}:/bin`,
    });
    assert.equal(code, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

testBeside("Redis with its Secret keeps its promises, asks for the password, and does not show it", async () => {
  const folder = await Deno.makeTempDir({ prefix: "redis-" });
  const port = await freePort();
  const { "redis.conf": config = "" } = z.record(z.string(), z.string())
    .parse(find(lab, "ConfigMap", "redis-config")["data"]);
  await Deno.writeTextFile(`${folder}/redis.conf`, `${config.replace("dir /data", `dir ${folder}`)}port ${port}\n`);
  const script = scriptOf("StatefulSet/redis-mcp").replace("/etc/redis/redis.conf", `${folder}/redis.conf`);
  const password = "0123456789abcdef";
  try {
    await using service = startService("/bin/sh", { args: ["-c", script], env: { REDISCLI_AUTH: password } });
    await listening(port);
    const cli = async (args: readonly string[], env: Record<string, string>) => {
      const { stdout } = await new Deno.Command("redis-cli", { args: ["-p", `${port}`, ...args], env }).output();
      return new TextDecoder().decode(stdout).trim();
    };
    // The environment of a process that `kubectl exec` starts in the container has it too.
    assert.equal(await cli(["ping"], { REDISCLI_AUTH: password }), "PONG");
    assert.match(await cli(["ping"], { REDISCLI_AUTH: "" }), /NOAUTH/);
    const kept = await cli(["config", "get", "append*", "maxmemory*"], { REDISCLI_AUTH: password });
    assert.match(kept, /appendonly\nyes/);
    assert.match(kept, /maxmemory-policy\nnoeviction/);
    // The shell is gone, so that SIGTERM reaches Redis; its arguments hold no password.
    const commandLine = await Deno.readTextFile(`/proc/${service.pid}/cmdline`);
    assert.match(commandLine, /^redis-server/);
    assert(!commandLine.includes(password));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
