import assert from "node:assert/strict";
import { parse } from "yaml";
import { settingsSchema } from "../server/settings_schema.ts";
import { buildImage, compose, docker, eventually } from "./services/engine.ts";
import { freePort } from "./services/process.ts";
import { ROOT } from "./services/server.ts";
import { openSocket } from "./services/socket.ts";

interface ComposeService {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes: readonly string[];
  readonly [other: string]: unknown;
}

/** The server's image of this test alone. */
const IMAGE = `mcp-server:compose-${Deno.pid}`;

const text = await Deno.readTextFile(`${ROOT}compose.yaml`);
const file: { services: Record<string, ComposeService>; volumes: Record<string, unknown> } = parse(text, {
  merge: true,
});

Deno.test("each service of compose.yaml is confined, bounded, checked, pinned, and reached from this machine alone", () => {
  assert.deepEqual(Object.keys(file.services), ["server", "redis", "postgres", "prometheus"]);
  for (const [name, service] of Object.entries(file.services)) {
    assert.equal(service["restart"], "unless-stopped", name);
    assert.equal(service["read_only"], true, name);
    assert.deepEqual(service["cap_drop"], ["ALL"], name);
    assert.deepEqual(service["security_opt"], ["no-new-privileges:true"], name);
    assert.match(String(service["mem_limit"]), /^\d+m$/, name);
    for (const port of service.ports ?? []) assert.match(port, /^127\.0\.0\.1:/, name);
    const [volume = ""] = service.volumes.filter((mount) => !mount.startsWith("./")).map((mount) =>
      mount.split(":")[0]
    );
    assert(Object.hasOwn(file.volumes, volume), `${name} keeps its files in a named volume`);
    // The server's check and account are its image's.
    if (name === "server") continue;
    assert(service["healthcheck"], name);
    assert.match(String(service["user"]), /^[1-9]\d*:/, name);
    assert.match(service.image, /:v?\d+\.\d+/, name);
  }
});

Deno.test("compose.yaml sets settings that exist, and holds no secret", () => {
  const { environment = {} } = file.services["server"] ?? {};
  for (const name of Object.keys(environment)) assert(Object.hasOwn(settingsSchema.shape, name), name);
  for (const service of Object.values(file.services)) {
    for (const [name, value] of Object.entries(service.environment ?? {})) {
      if (/PASSWORD|KEY$|TOKEN|SECRET/.test(name)) assert.match(value, /^\$\{\w+:\?/, name);
    }
  }
});

interface Composed {
  /** Of the file. */
  readonly path: string;
  /** The server's. */
  readonly port: number;
  readonly prometheusPort: number;
}

/** The same services on the host's network and on free ports, since the engine of a test may have no other network. */
async function onHostNetwork(folder: string): Promise<Composed> {
  const [port, redis, postgres, prometheus] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const changes: Readonly<Record<string, Partial<ComposeService>>> = {
    server: {
      image: IMAGE,
      environment: {
        ...file.services["server"]?.environment,
        HOST: "127.0.0.1",
        PORT: `${port}`,
        REDIS_URL: `redis://127.0.0.1:${redis}`,
        PGHOST: "127.0.0.1",
        PGPORT: `${postgres}`,
        PROMETHEUS_URL: `http://127.0.0.1:${prometheus}`,
      },
    },
    redis: { command: [...file.services["redis"]?.command ?? [], "--bind", "127.0.0.1", "--port", `${redis}`] },
    postgres: { command: ["postgres", "-p", `${postgres}`] },
    prometheus: {
      command: [
        "--config.file=/etc/prometheus/prometheus.yml",
        "--storage.tsdb.path=/prometheus",
        `--web.listen-address=127.0.0.1:${prometheus}`,
      ],
    },
  };
  const scrape = (await Deno.readTextFile(`${ROOT}compose/prometheus.yaml`))
    .replace("127.0.0.1:9090", `127.0.0.1:${prometheus}`)
    .replace("server:9000", `127.0.0.1:${port}`)
    .replace("scrape_interval: 15s", "scrape_interval: 1s");
  await Deno.mkdir(`${folder}/compose`);
  await Deno.writeTextFile(`${folder}/compose/prometheus.yaml`, scrape);
  const ports: Readonly<Record<string, number>> = { redis, postgres };
  const services = Object.entries(file.services).map(([name, { ports: _ports, build: _build, ...service }]) => {
    const changed = { ...service, ...changes[name], network_mode: "host" };
    return [name, { ...changed, ...withPort(changed, ports[name]) }];
  });
  const path = `${folder}/compose.yaml`;
  // JSON is YAML, in every version of it.
  await Deno.writeTextFile(path, JSON.stringify({ ...file, services: Object.fromEntries(services) }));
  return { path, port, prometheusPort: prometheus };
}

/** Health checks go by the usual port. */
function withPort(service: Readonly<Record<string, unknown>>, port: number | undefined) {
  if (port === undefined) return {};
  const written = JSON.stringify(service["healthcheck"])
    .replace("redis-cli ", `redis-cli -p ${port} `)
    .replace("pg_isready ", `pg_isready -p ${port} `);
  return { healthcheck: JSON.parse(written) };
}

Deno.test("docker compose: without a password it says what to do; with one, all four come up and see each other", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "compose-" });
  const { path, port, prometheusPort } = await onHostNetwork(folder);
  const project = `mcp-test-${Deno.pid}`;
  const given = ["--project-name", project, "--file", path];
  await using started = new AsyncDisposableStack();
  started.defer(() => Deno.remove(folder, { recursive: true }));
  await t.step("without a password", async () => {
    const { code, output } = await compose([...given, "config"]);
    assert.notEqual(code, 0);
    assert.match(output, /POSTGRES_PASSWORD.*make \.env as compose\.yaml says/s);
  });
  const env = { POSTGRES_PASSWORD: crypto.randomUUID(), SESSION_KEY: crypto.randomUUID() };
  await t.step("compose.yaml itself is valid", async () => {
    const { code, output } = await compose(["--file", `${ROOT}compose.yaml`, "config", "--quiet"], env);
    assert.equal(code, 0, output);
  });
  await buildImage(ROOT, IMAGE);
  started.defer(async () => void await docker("rmi", IMAGE));
  started.defer(async () => {
    const { code, output } = await compose([...given, "down", "--volumes", "--timeout", "20"], env);
    assert.equal(code, 0, output);
  });
  await t.step("up", async () => {
    const { code, output } = await compose([...given, "up", "--detach", "--no-build"], env);
    assert.equal(code, 0, output);
  });
  await t.step("healthy, with a call on record and the server scraped", async () => {
    await eventually(async () => {
      const { status, components } = await (await fetch(`http://127.0.0.1:${port}/health`)).json();
      assert.deepEqual([status, components.redis, components.postgres], ["healthy", "connected", "connected"]);
    });
    // Prometheus itself is asked first: the server keeps an answer for minutes.
    const query = 'up{job="mcp-server"} == 1';
    await eventually(async () => {
      const response = await fetch(`http://127.0.0.1:${prometheusPort}/api/v1/query?${new URLSearchParams({ query })}`);
      const { data } = await response.json();
      assert.equal(data.result.length, 1, JSON.stringify(data));
    });
    await using socket = await openSocket(`ws://127.0.0.1:${port}/mcp`);
    const { result, error } = await socket.call("prom.query_simple", { query });
    assert.equal(result?.values.length, 1, JSON.stringify(error));
  });
  await t.step("nothing of it is root's", async () => {
    const ids = await docker("ps", "--quiet", "--filter", `label=com.docker.compose.project=${project}`);
    assert.equal(ids.split("\n").length, 4);
    for (const id of ids.split("\n")) {
      const [, ...processes] = (await docker("top", id, "-o", "pid,uid")).split("\n");
      assert(processes.length > 0);
      for (const process of processes) assert.doesNotMatch(process, /\s0$/);
    }
  });
});
