import { startKubernetesApi } from "../services/kubernetes.ts";
import { startPostgres } from "../services/postgres.ts";
import { startPrometheus } from "../services/prometheus.ts";
import { startRedis } from "../services/redis.ts";
import { startServer } from "../services/server.ts";

/** The guide's whole lab: Redis, Postgres, Prometheus, a Kubernetes API and one server, all real processes. */
export async function startLab(settings: Record<string, string> = {}) {
  await using closing = new AsyncDisposableStack();
  const [redis, postgres, prometheus, kubernetes] = await Promise.all([
    startRedis().then((service) => closing.use(service)),
    startPostgres().then((service) => closing.use(service)),
    startPrometheus().then((service) => closing.use(service)),
    startKubernetesApi().then((service) => closing.use(service)),
  ]);
  const server = closing.use(
    await startServer({
      REDIS_URL: redis.url,
      DATABASE_URL: postgres.url,
      PROMETHEUS_URL: prometheus.url,
      KUBECONFIG: kubernetes.kubeconfigPath,
      ...settings,
    }),
  );
  const started = closing.move();
  return { redis, postgres, prometheus, kubernetes, server, [Symbol.asyncDispose]: () => started.disposeAsync() };
}

export type Lab = Awaited<ReturnType<typeof startLab>>;
