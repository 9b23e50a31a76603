import assert from "node:assert/strict";
import { parse } from "yaml";
import { z } from "zod";
import { eventually } from "../services/engine.ts";
import { ROOT } from "../services/server.ts";
import { kustomize } from "./objects.ts";
import { type PodContainer, runPodContainer } from "./pod_container.ts";
import { type Probe, workloads } from "./pods.ts";

// The stores of the lab, really run: restricted, with a read-only root and what their manifests give them.

const PASSWORD = "0123456789abcdef";
const lab = await kustomize("k8s");

function workload(is: string) {
  const found = workloads(lab).find((one) => one.is === is);
  assert(found?.containers[0]);
  return { made: found, container: found.containers[0] };
}

/** What a probe asks, asked in the container: it has no network that could be asked from outside. */
function probeCommand({ exec, httpGet }: Probe, port: number | undefined): readonly string[] {
  if (exec) return exec.command;
  // Of the shell that the image has: busybox has wget, bash speaks TCP.
  const get = `printf 'GET ${httpGet?.path} HTTP/1.0\\r\\n\\r\\n' >&3; grep -q ' 200 ' <&3`;
  return [
    "sh",
    "-c",
    `wget -qO- http://127.0.0.1:${port}${httpGet?.path} || bash -c "exec 3<>/dev/tcp/127.0.0.1/${port}; ${get}"`,
  ];
}

async function becomesReady(is: string): Promise<PodContainer> {
  const { made, container } = workload(is);
  await using starting = new AsyncDisposableStack();
  const running = starting.use(await runPodContainer(lab, made, PASSWORD));
  assert(container.readinessProbe);
  const command = probeCommand(container.readinessProbe, container.ports[0]?.containerPort);
  await eventually(async () => {
    const { code, output } = await running.exec(command);
    assert.equal(code, 0, `${output}\n${await running.output()}`);
  });
  starting.move();
  return running;
}

Deno.test("the lab's images are those of compose.yaml", async () => {
  const { services } = z.object({ services: z.record(z.string(), z.looseObject({ image: z.string() })) })
    .parse(parse(await Deno.readTextFile(`${ROOT}compose.yaml`)));
  assert.deepEqual(
    workloads(lab).flatMap(({ containers }) => containers.map(({ image }) => image)).sort(),
    Object.values(services).map(({ image }) => image).sort(),
  );
});

Deno.test("Redis becomes ready, answers the guide's ping, writes its file, and ends on SIGTERM", async () => {
  await using redis = await becomesReady("StatefulSet/redis-mcp");
  assert.equal((await redis.exec(["redis-cli", "ping"])).output, "PONG");
  assert.equal((await redis.exec(["redis-cli", "set", "ctx:version", "1.0.0"])).output, "OK");
  assert.match((await redis.exec(["sh", "-c", "cat /data/appendonlydir/*.incr.aof"])).output, /ctx:version/);
  assert.equal(await redis.stop(), 0);
});

Deno.test("Postgres becomes ready with the guide's table, and ends on SIGTERM", async () => {
  await using postgres = await becomesReady("StatefulSet/postgres-mcp");
  const psql = ["psql", "-h", "127.0.0.1", "-U", "aiagent", "-d", "mcpaudit", "-c"];
  const { output } = await postgres.exec([...psql, "\\dt"], { PGPASSWORD: PASSWORD });
  assert.match(output, /public \| audit_logs \| table \| aiagent\n\(1 row\)/);
  assert.equal(await postgres.stop(), 0);
});

Deno.test("Prometheus becomes ready with its configuration, and ends on SIGTERM", async () => {
  await using prometheus = await becomesReady("Deployment/prometheus");
  assert.match(await prometheus.output(), /Completed loading of configuration file/);
  assert.equal(await prometheus.stop(), 0);
});
