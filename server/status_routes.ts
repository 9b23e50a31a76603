import { Hono } from "hono";
import type { AppEnv } from "./app_env.ts";
import { type HealthSources, readHealth } from "./health.ts";
import type { Lifecycle } from "./lifecycle.ts";

/** `/live` and `/ready`, which say one word, also to who has shown nothing. */
export function createProbes(lifecycle: Pick<Lifecycle, "phase">): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.get("/live", (context) => context.text("live\n"));
  routes.get(
    "/ready",
    (context) => lifecycle.phase === "serving" ? context.text("ready\n") : context.text(`${lifecycle.phase}\n`, 503),
  );
  return routes;
}

/**
 * `/health` as the guide prints it.
 *
 * @param asks whether callers are asked who they are: then those that show nothing, probes and load balancers, are told
 * the status alone
 */
export function createHealthRoute(sources: HealthSources, asks: boolean): Hono<AppEnv> {
  return new Hono<AppEnv>().get("/health", (context) => {
    const report = readHealth(sources);
    const shown = asks && !context.get("visitor") ? { status: report.status } : report;
    const status = report.status === "unhealthy" ? 503 : 200;
    return context.body(`${JSON.stringify(shown, null, 2)}\n`, status, { "content-type": "application/json" });
  });
}
