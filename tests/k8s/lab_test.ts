import assert from "node:assert/strict";
import { type Lab, startLab } from "../guide/lab.ts";
import { testBeside } from "../services/beside.ts";
import { freePort } from "../services/process.ts";
import { makeStandIns, type ScriptRun, type StandIns } from "./stand_ins/stand_ins.ts";
import { NOTHING, type World } from "./stand_ins/world.ts";

// docker, kind and kubectl are stand-ins; what the lab then talks to, by a forwarded port and in pods, is real.

let lab: Lab;
let machine: StandIns;

Deno.test.beforeAll(async () => {
  lab = await startLab();
  const { redis, postgres, prometheus, server } = lab;
  const serverLog = server.output()
    .replace(`127.0.0.1:${redis.port}`, "redis-mcp:6379")
    .replace(`127.0.0.1:${postgres.port}`, "postgres-mcp:5432");
  machine = await makeStandIns({
    redisPort: redis.port,
    prometheusUrl: prometheus.url,
    serverPort: server.port,
    serverLog,
    psql: ["-h", "127.0.0.1", "-p", `${postgres.port}`],
    pgPassword: postgres.password,
  });
});

Deno.test.afterAll(async () => {
  await machine?.[Symbol.asyncDispose]();
  await lab?.[Symbol.asyncDispose]();
});

/** @param port that the server is reached by; one that is free now where left out */
async function runLab(args: readonly string[] = [], port?: number): Promise<ScriptRun> {
  const LAB_PORT = String(port ?? await freePort());
  return await machine.run("scripts/lab.sh", args, { LAB_PORT, LAB_ANSWER_SECONDS: "20" });
}
const headings = ({ stdout }: ScriptRun) =>
  [...stdout.matchAll(/^== (Prerequisites|Step \d+|Test \d+)/gm)].map(([, name]) => name);
const numbered = (word: string, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `${word} ${from + index}`);

/** A machine on which the lab was done up to step 8. */
const DEPLOYED: World = { ...NOTHING, clusters: ["mcp-lab"], image: true, loaded: true };

testBeside("lab.sh does all steps and tests of the guide in order, and a second time makes nothing anew", async () => {
  machine.reset();
  const port = await freePort();
  const first = await runLab([], port);
  assert.equal(first.code, 0, first.stdout + first.stderr);
  assert.deepEqual(headings(first), ["Prerequisites", ...numbered("Step", 1, 15), ...numbered("Test", 1, 5)]);
  const changes = (run: ScriptRun) =>
    run.calls.filter((call) =>
      /^(kind (create|load)|docker build|kubectl (apply|create|patch|port-forward))/.test(call)
    );
  const applied = [
    "docker build -t mcp-server:latest .",
    "kind load docker-image mcp-server:latest --name mcp-lab",
    "kubectl apply -f k8s/namespace.yaml",
    "kubectl apply -f k8s/redis.yaml",
    "kubectl apply -f k8s/postgres.yaml",
    "kubectl apply -f k8s/prometheus.yaml",
    "kubectl apply -f k8s/mcp-deployment.yaml",
    "kubectl apply -f k8s/mcp-service.yaml",
    'kubectl patch deployment mcp-server -n mcp-lab --patch {"spec":{"template":{"metadata":{"annotations":{"mcp-lab/image":"sha256:0123456789ab"}}}}}',
    "kubectl apply -k k8s/",
    `kubectl port-forward svc/mcp-server -n mcp-lab ${port}:9000`,
  ];
  const secrets = Array(3).fill("kubectl create -f -");
  assert.deepEqual(changes(first), [
    "kind create cluster --name mcp-lab --wait 120s",
    ...applied.slice(0, 3),
    ...secrets,
    ...applied.slice(3),
  ]);
  const made = structuredClone(machine.world.secrets);
  const second = await runLab(["--without-tests"], port);
  assert.equal(second.code, 0, second.stdout + second.stderr);
  assert.deepEqual(changes(second), applied);
  assert.deepEqual(machine.world.secrets, made);
  assert.deepEqual(headings(second), [
    ...["Prerequisites", ...numbered("Step", 1, 9), ...numbered("Step", 12, 15), ...numbered("Test", 1, 5)],
  ]);
  // The forwarded port ended with the script.
  await assert.rejects(Deno.connect({ hostname: "127.0.0.1", port }));
});

testBeside("lab.sh stops at the first step that fails, and says what to look at", async () => {
  const failures: readonly (readonly [command: string, says: string, at: string, hint: RegExp])[] = [
    ["docker info", "Cannot connect to the Docker daemon", "Prerequisites", /start Docker/],
    ["kind create", "ERROR: failed to create cluster", "Step 1", /docker info/],
    ["docker build", "ERROR: failed to solve", "Step 3", /what Docker printed/],
    ["kind load", "ERROR: failed to load image", "Step 3", /crictl images/],
    ["kubectl create -f -", "Error from server (Forbidden)", "Step 4", /kubectl get ns,secrets/],
    ["kubectl rollout status statefulset/redis-mcp", "timed out", "Step 5", /kubectl logs redis-mcp-0/],
    ["kubectl exec postgres-mcp-0", "psql: error", "Step 6", /kubectl logs postgres-mcp-0/],
    ["kubectl rollout status deployment/prometheus", "timed out", "Step 7", /kubectl logs deployment\/prometheus/],
    ["kubectl rollout status deployment/mcp-server", "timed out", "Step 8", /No connection|no connection to Redis/],
  ];
  for (const [command, says, at, hint] of failures) {
    machine.reset(NOTHING, { failing: { command, says } });
    const run = await runLab(["--without-tests"]);
    assert.equal(run.code, 1, `${command}: ${run.stdout}${run.stderr}`);
    assert.equal(headings(run).at(-1), at, command);
    const [before, after] = run.stderr.split(`\nFAILED: ${at}`);
    assert(before?.includes(says) && after, run.stderr);
    assert.match(after, hint);
    assert(run.calls.at(-1)?.startsWith(command), `Nothing is done after ${command}, but: ${run.calls.at(-1)}`);
  }
});

testBeside("lab.sh does not take an answer for the right one", async () => {
  const wrong: readonly (readonly [command: string, prints: string, at: string, says: RegExp])[] = [
    ["docker --version", "Docker version 23.0.1, build a5ee5b1", "Prerequisites", /docker is 23\.0\.1, expected 24\.0/],
    ["kind --version", "kind version 0.19.0", "Prerequisites", /kind is 0\.19\.0, expected 0\.20/],
    ["kubectl version", "Client Version: v1.28.9", "Prerequisites", /kubectl is 1\.28\.9, expected 1\.29/],
    ["kubectl get nodes", "mcp-lab-control-plane   NotReady", "Step 1", /Expected a line that matches/],
    ["docker exec", "IMAGE   TAG", "Step 3", /mcp-server \+latest/],
    ["kubectl exec redis-mcp-0", "NOAUTH Authentication required.", "Step 5", /\^PONG\$/],
    [
      "kubectl exec postgres-mcp-0 -n mcp-lab -- psql -U aiagent -d mcpaudit -c \\dt",
      "Did not find any relations.",
      "Step 6",
      /audit_logs/,
    ],
    ["kubectl logs", "INFO: MCP Server starting...", "Step 8", /Connected to Redis/],
  ];
  for (const [command, prints, at, says] of wrong) {
    machine.reset(NOTHING, { printing: { [command]: prints } });
    const run = await runLab(["--without-tests"]);
    assert.equal(run.code, 1, `${command}: ${run.stdout}${run.stderr}`);
    assert.equal(headings(run).at(-1), at, command);
    assert.match(run.stderr, says);
  }
});

testBeside("lab.sh does not take another server for the one that it forwards to", async () => {
  await using other = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("live"),
  );
  machine.reset(DEPLOYED);
  const run = await runLab(["--without-tests"], other.addr.port);
  assert.equal(run.code, 1, run.stdout);
  assert.equal(headings(run).at(-1), "Step 9");
  assert.match(run.stderr, /Something answers on port \d+ already\n\nFAILED: Step 9.*\n.*LAB_PORT/);
});

testBeside("cleanup.sh undoes what lab.sh made, again without effect, or the namespace alone", async () => {
  machine.reset({ ...DEPLOYED, objects: ["Namespace/mcp-lab"], secrets: { "redis-mcp": { password: "a" } } });
  const partly = await machine.run("scripts/cleanup.sh", ["--keep-cluster"]);
  assert.equal(partly.code, 0, partly.stderr);
  // By name: the current context may be another cluster's.
  assert(partly.calls.some((call) => call.startsWith("kubectl --context kind-mcp-lab delete namespace mcp-lab ")));
  assert.deepEqual(machine.world, DEPLOYED);
  const whole = await machine.run("scripts/cleanup.sh");
  assert.equal(whole.code, 0, whole.stderr);
  assert.deepEqual(machine.world, NOTHING);
  const again = await machine.run("scripts/cleanup.sh");
  assert.equal(again.code, 0, again.stderr);
  assert.equal(again.stdout, "There is no cluster mcp-lab\nThere is no image mcp-server:latest\n");
  assert(!again.calls.some((call) => /delete|rmi/.test(call)));
});
