import deno from "../../deno.json" with { type: "json" };
import { freePort, type Service, startService } from "../services/process.ts";
import { bareEnvironment, ROOT } from "../services/server.ts";

/** What Deno Deploy sets in every instance. */
export const DEPLOY_ENVIRONMENT = {
  DENO_DEPLOY: "true",
  DENO_DEPLOYMENT_ID: "d1e2f3",
  DENO_DEPLOY_APP_SLUG: "ops",
  DENO_DEPLOY_ORG_SLUG: "acme",
  DENO_TIMELINE: "production",
} as const;

/** What Deno Deploy waits between SIGINT and SIGKILL. */
const KILL_AFTER_MS = 5000;

/** An instance of the server as Deno Deploy runs it. */
export interface Instance extends Service {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly socketUrl: string;
  /** Milliseconds from the start of its process to the first answer to a request. */
  readonly upMs: number;
  /** As the platform ends it. @returns how it ended: a signal only where it had not ended by itself in time */
  evict(): Promise<Deno.CommandStatus>;
}

/** Starts the entrypoint of `deno.json` with all permissions and nothing else of Deno's flags, and asks until it answers. */
export async function startInstance(settings: Record<string, string>): Promise<Instance> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const startMs = performance.now();
  const service = startProcess({ DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}`, ...settings });
  try {
    await answers(`${url}/live`, service);
  } catch (error) {
    await service[Symbol.asyncDispose]();
    throw error;
  }
  const upMs = performance.now() - startMs;
  const evict = async () => {
    service.signal("SIGINT");
    const timer = setTimeout(() => service.signal("SIGKILL"), KILL_AFTER_MS);
    const status = await service.status;
    clearTimeout(timer);
    return status;
  };
  return { ...service, url, socketUrl: `ws://127.0.0.1:${port}/mcp`, upMs, evict };
}

/** The process alone; it listens at `DENO_SERVE_ADDRESS`. */
export function startProcess(settings: Record<string, string>): Service {
  return startService(Deno.execPath(), {
    args: ["run", "-A", deno.deploy.runtime.entrypoint],
    env: { ...bareEnvironment(), ...DEPLOY_ENVIRONMENT, ...settings },
    clearEnv: true,
    cwd: ROOT,
  });
}

async function answers(url: string, service: Service): Promise<void> {
  let ended = false;
  service.status.then(() => ended = true);
  const deadline = performance.now() + 30_000;
  while (true) {
    try {
      await (await fetch(url)).body?.cancel();
      return;
    } catch (error) {
      if (ended || performance.now() > deadline) throw new Error(`No answer:\n${service.output()}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
