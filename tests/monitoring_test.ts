import assert from "node:assert/strict";
import { parse } from "yaml";
import { checkSyntax } from "../tools/prom/syntax.ts";
import { parseRunbook } from "../tools/runbook/parse.ts";
import { findBinary } from "./services/process.ts";
import { startPrometheus } from "./services/prometheus.ts";
import { startRedis } from "./services/redis.ts";
import { startServer } from "./services/server.ts";

const FOLDER = new URL("../k8s/monitoring/", import.meta.url);
const RUNBOOKS = new URL("../runbooks/", import.meta.url);

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<"summary" | "description" | "runbook_url", string>>;
}

interface Rules {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly type: string;
    readonly targets: readonly { readonly expr: string; readonly refId: string }[];
    readonly gridPos: Readonly<Record<"x" | "y" | "w" | "h", number>>;
  }[];
}

const readText = (name: string) => Deno.readTextFileSync(new URL(name, FOLDER));
const groups: Rules["groups"] = parse(readText("alerts.yml")).groups;
const rules = groups.flatMap(({ rules }) => rules);
const dashboard: Dashboard = JSON.parse(readText("grafana-dashboard.json"));
const panels = dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })));

/** A panel's expression as Grafana sends it. */
const filledIn = (expr: string) => expr.replaceAll("$__rate_interval", "1m").replaceAll("$instance", ".*");

for (
  const args of [["check", "config", "prometheus.yml"], ["check", "rules", "--lint-fatal", "alerts.yml"], [
    "test",
    "rules",
    "alerts_test.yml",
  ]]
) {
  Deno.test(`promtool ${args.join(" ")} passes`, async () => {
    const promtool = findBinary("promtool", ["/usr/bin/promtool", "/usr/local/bin/promtool"]);
    const { success, stdout, stderr } = await new Deno.Command(promtool, { args, cwd: FOLDER }).output();
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert(success, said);
  });
}

Deno.test("every alert has a test in which it fires, and one in which it does not", () => {
  const text = readText("alerts_test.yml");
  for (const { alert } of rules) {
    for (const word of ["fires", "does not fire"]) assert(text.includes(`name: ${alert} ${word} `), `${alert} ${word}`);
  }
});

for (const { alert, labels, annotations } of rules) {
  Deno.test(`alert ${alert} says how bad it is, what it means and which shipped runbook helps`, async () => {
    assert(["critical", "warning", "info"].includes(labels.severity), labels.severity);
    assert(annotations.summary.length > 10 && annotations.description.length > 20);
    const [, id = ""] = /^runbook:\/\/([a-z-]+)$/.exec(annotations.runbook_url) ?? [];
    const { steps } = parseRunbook(id, await Deno.readTextFile(new URL(`${id}.md`, RUNBOOKS)));
    assert(steps.length >= 3);
  });
}

Deno.test("every metric of an alert or a panel is among those that a running server gives after some calls", async () => {
  await using server = await startServer();
  const call = (method: string, params = {}) =>
    fetch(`${server.url}/mcp`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    }).then((reply) => reply.text());
  assert.match(await call("ctx.set", { key: "a", value: 1 }), /"result"/);
  assert.match(await call("ctx.get", { key: "a" }), /"result"/);
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const given = new Set(Array.from(text.matchAll(/^# TYPE (\S+) /gm), ([, name]) => name));
  for (const { title, expr } of [...rules.map(({ alert, expr }) => ({ title: alert, expr })), ...panels]) {
    const names = Array.from(expr.matchAll(/\b(?:mcp|process)_[a-z_]+/g), ([name]) => name);
    for (const name of names) assert(given.has(name.replace(/_(bucket|count|sum)$/, "")), `${title}: ${name}`);
    assert(names.length > 0 || expr.includes("up{"), `${title} names no metric`);
  }
  // The two that calls alone bring about.
  assert.match(text, /^mcp_audit_append_duration_seconds_count [2-9]/m);
  assert.match(text, /^mcp_draining 0$/m);
});

Deno.test("the dashboard's panels stand apart, and each expression is PromQL", () => {
  assert(dashboard.panels.length >= 15);
  assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
  assert.equal(new Set(dashboard.panels.map(({ gridPos: { x, y } }) => `${x},${y}`)).size, dashboard.panels.length);
  for (const { title, targets } of dashboard.panels) {
    assert(title !== "" && targets.length > 0, title);
    for (const { expr } of targets) checkSyntax(filledIn(expr));
  }
  for (const { expr } of rules) checkSyntax(expr);
});

Deno.test("with Redis killed, the shipped alert fires in a real Prometheus", async () => {
  await using redis = await startRedis();
  await using server = await startServer({ REDIS_URL: redis.url });
  const folder = await Deno.makeTempDir({ prefix: "alerts-" });
  try {
    const file = `${folder}/alerts.yml`;
    // A test cannot wait for minutes; all else is as shipped.
    await Deno.writeTextFile(file, readText("alerts.yml").replaceAll(/\bfor: \d+m/g, "for: 1s"));
    await using prometheus = await startPrometheus({
      jobs: [{ name: "mcp-server", targets: [`127.0.0.1:${server.port}`] }],
      config: {
        global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
        rule_files: [file],
      },
    });
    await prometheus.answers('mcp_store_up{store="redis"} == 1');
    assert(!(await firing(prometheus.url)).includes("McpRedisAway"));
    await redis.kill();
    await prometheus.answers('ALERTS{alertname="McpRedisAway", alertstate="firing"}', 60_000);
    assert((await firing(prometheus.url)).includes("McpRedisAway"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function firing(url: string): Promise<readonly string[]> {
  const reply = await fetch(`${url}/api/v1/alerts`, { signal: AbortSignal.timeout(5_000) });
  const { data }: { data: { alerts: readonly { state: string; labels: { alertname: string } }[] } } = await reply
    .json();
  return data.alerts.filter(({ state }) => state === "firing").map(({ labels }) => labels.alertname);
}
