import { Buffer } from "node:buffer";
import { findBinary, freePort, type Service, startService } from "./process.ts";

/** A job that Prometheus scrapes besides itself. */
export interface ScrapeJob {
  readonly name: string;
  /** `host:port` each. */
  readonly targets: readonly string[];
  /** `/metrics` where left out. */
  readonly path?: string;
  /** Seconds between two scrapes, and that one may take; 1 where left out. */
  readonly intervalSeconds?: number;
}

/** A Prometheus behind a path prefix that asks for basic authentication. */
export interface Guard {
  /** `/prom`. */
  readonly prefix: string;
  readonly user: string;
  readonly password: string;
  /** bcrypt of the password. */
  readonly passwordHash: string;
}

export interface PrometheusOptions {
  readonly jobs?: readonly ScrapeJob[];
  readonly guard?: Guard;
  /** Further top-level members of its configuration file, which is YAML and so takes JSON. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Further command-line flags. */
  readonly flags?: readonly string[];
}

/** A real Prometheus of a test. It scrapes itself as job `prometheus`, once a second. */
export interface PrometheusServer extends AsyncDisposable {
  /** Without the guard's credentials. */
  readonly url: string;
  readonly port: number;
  readonly service: Service;
  /** Resolves when an instant query gives at least one sample. @throws after `timeoutMs`. */
  answers(promql: string, timeoutMs?: number): Promise<void>;
  /** SIGSTOP; resolves once it stands still: connections stay open and are taken, and nothing answers. */
  freeze(): Promise<void>;
  thaw(): void;
}

const START_ATTEMPTS_MAX = 3;

/**
 * Starts Prometheus on a free port with a folder of its own; ready once it has scraped itself. That takes some 6 s, its fixed
 * delay from a target's discovery to the first scrape: start one a test file, not one a test.
 */
export async function startPrometheus(options: PrometheusOptions = {}): Promise<PrometheusServer> {
  for (let attempt = 1;; attempt++) {
    const server = await launch(options);
    try {
      await Promise.race([server.answers('up{job="prometheus"} == 1'), endedEarly(server.service)]);
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      // Somebody else may have taken the free port in between.
      const portTaken = server.service.output().includes("address already in use");
      if (!portTaken || attempt === START_ATTEMPTS_MAX) {
        throw new Error(`Prometheus did not start:\n${server.service.output()}`, { cause: error });
      }
    }
  }
}

async function launch(options: PrometheusOptions): Promise<PrometheusServer> {
  const binary = findBinary("prometheus", ["/usr/bin/prometheus", "/usr/local/bin/prometheus"]);
  const port = await freePort();
  const folder = await Deno.makeTempDir({ prefix: "prometheus-" });
  const { guard, flags = [] } = options;
  // Both files are YAML, which JSON is.
  await Deno.writeTextFile(`${folder}/prometheus.yml`, JSON.stringify(configOf(port, options)));
  await Deno.writeTextFile(
    `${folder}/web.yml`,
    JSON.stringify(guard ? { basic_auth_users: { [guard.user]: guard.passwordHash } } : {}),
  );
  const service = startService(binary, {
    args: [
      `--config.file=${folder}/prometheus.yml`,
      `--web.config.file=${folder}/web.yml`,
      `--web.route-prefix=${guard?.prefix ?? "/"}`,
      `--web.listen-address=127.0.0.1:${port}`,
      `--storage.tsdb.path=${folder}/data`,
      ...flags,
    ],
  });
  const url = `http://127.0.0.1:${port}${guard?.prefix ?? ""}`;
  return {
    url,
    port,
    service,
    answers: (promql, timeoutMs = 30_000) => answers(url, guard, promql, timeoutMs),
    async freeze() {
      service.signal("SIGSTOP");
      // The signal is heeded some time after it was sent.
      const deadline = performance.now() + 5_000;
      while (!isStopped(service.pid)) {
        if (performance.now() > deadline) throw new Error("Prometheus does not stop");
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    thaw: () => service.signal("SIGCONT"),
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function configOf(port: number, { jobs = [], guard, config = {} }: PrometheusOptions): unknown {
  const self = {
    job_name: "prometheus",
    static_configs: [{ targets: [`127.0.0.1:${port}`] }],
    metrics_path: `${guard?.prefix ?? ""}/metrics`,
    ...(guard && { basic_auth: { username: guard.user, password: guard.password } }),
  };
  const others = jobs.map(({ name, targets, path = "/metrics", intervalSeconds = 1 }) => ({
    job_name: name,
    static_configs: [{ targets }],
    metrics_path: path,
    scrape_interval: `${intervalSeconds}s`,
    scrape_timeout: `${intervalSeconds}s`,
  }));
  return {
    global: { scrape_interval: "1s", scrape_timeout: "1s" },
    scrape_configs: [self, ...others],
    ...config,
  };
}

async function answers(url: string, guard: Guard | undefined, promql: string, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  const authorization = guard && `Basic ${Buffer.from(`${guard.user}:${guard.password}`).toString("base64")}`;
  let last: unknown;
  while (performance.now() < deadline) {
    try {
      const reply = await fetch(`${url}/api/v1/query`, {
        method: "POST",
        body: new URLSearchParams({ query: promql }),
        headers: authorization ? { authorization } : {},
        signal: AbortSignal.timeout(2_000),
      });
      last = await reply.text();
      if (reply.ok && hasSample(last)) return;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`No sample of ${JSON.stringify(promql)} in ${timeoutMs} ms; last: ${Deno.inspect(last)}`);
}

function hasSample(reply: unknown): boolean {
  const { data } = JSON.parse(String(reply));
  return data.result.length > 0;
}

async function endedEarly(service: Service): Promise<never> {
  const { code } = await service.status;
  throw new Error(`Prometheus ended with code ${code}`);
}

/** Whether every thread of a process is stopped by a signal. */
function isStopped(pid: number): boolean {
  const tasks = Array.from(Deno.readDirSync(`/proc/${pid}/task`), ({ name }) => `/proc/${pid}/task/${name}/stat`);
  // "pid (name) state …": the name may hold anything.
  return tasks.every((stat) => /\) T [^)]*$/.test(Deno.readTextFileSync(stat)));
}
