import { buildServer } from "../server/build.ts";
import { openPolicy } from "../server/auth/open_policy.ts";
import { chooseClusters } from "../server/clusters.ts";
import { surviveFaults } from "../server/faults.ts";
import { createLog } from "../server/log.ts";
import { serveLines, type StdioConnection } from "../server/mcp/stdio.ts";
import { DEFAULT_PRINCIPAL, Slots } from "../server/peer.ts";
import { openRedactor } from "../server/redaction.ts";
import { readSettings, type Settings } from "../server/settings.ts";
import { stop } from "../server/stop.ts";
import { storeOptions } from "../server/store_options.ts";
import { systemClock as clock, systemIds as ids } from "../storage/clock.ts";
import { openStores } from "../storage/open.ts";
import { openOutside } from "../tools/outside.ts";
import { redactText } from "../tools/redact.ts";

/** How long a stop waits for the client to read what was answered. */
const WRITTEN_WAIT_MS = 250;

// Standard output belongs to the protocol: the log, and whatever a library prints, goes to standard error.
// deno-lint-ignore no-console -- The log ends on standard error.
const print = (line: string) => console.error(line);
// deno-lint-ignore no-console -- As above.
console.log = console.info = console.debug = console.error;

/** The tools over standard input and output, for a client that can only start a local process. */
async function serve(settings: Settings): Promise<void> {
  const redactor = await openRedactor(settings);
  const clusters = await chooseClusters(settings);
  const policy = await openPolicy(settings, clusters);
  const logOptions = { format: settings.LOG_FORMAT, write: print, now: clock.now };
  const log = createLog({ ...logOptions, level: settings.LOG_LEVEL, redactor });
  surviveFaults(log);
  const replica = settings.REPLICA ?? Deno.hostname();
  const resources = new AsyncDisposableStack();
  const stores = resources.use(
    await openStores(storeOptions({ settings, replica, clock, ids, log, lines: logOptions })),
  );
  const outside = resources.use(
    await openOutside({
      cluster: settings,
      clusters,
      impersonate: undefined,
      prometheusUrl: settings.PROMETHEUS_URL,
      loki: settings,
      runbookDir: settings.RUNBOOK_DIR ?? `${import.meta.dirname}/../runbooks`,
    }),
  );
  const parts = { settings, policy, redactor, stores, authentication: undefined, outside, clock, ids, log, replica };
  const server = await buildServer(parts);
  const connection = serveLines({
    open: server.official.openDialogue,
    input: Deno.stdin.readable,
    output: Deno.stdout.writable,
    peer: {
      principal: DEFAULT_PRINCIPAL,
      transport: "stdio",
      client: {},
      session: ids.uuid(),
      slots: new Slots(settings.IN_FLIGHT_MAX),
    },
    messageBytesMax: settings.MESSAGE_BYTES_MAX,
    pendingMax: settings.PENDING_MAX,
    queuedBytesMax: settings.QUEUED_BYTES_MAX,
    onFault: (error) => log.error("A message failed", { error }),
  });
  log.info(`Serving ${server.toolNames.length} tools over standard input and output`);
  await Promise.race([connection.ended, signalled()]);
  const inOrder = await stop({
    ...server,
    sockets: { size: 1, closeIdle: () => {}, closeAll: () => closeWithin(WRITTEN_WAIT_MS, connection) },
    listener: { shutdown: () => Promise.resolve() },
    resources,
    // Nobody asks it whether it is ready.
    delayMs: 0,
    drainMs: settings.DRAIN_MS,
    log,
  });
  Deno.exit(inOrder ? 0 : 1);
}

function signalled(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(signal, resolve);
  return promise;
}

async function closeWithin(ms: number, connection: StdioConnection): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([connection.close(), late]);
  clearTimeout(timer);
}

try {
  const settings = readSettings(Deno.env.toObject(), Deno.readTextFileSync);
  if (settings.AUTH_MODE !== "none") {
    throw new Error(
      `Expected AUTH_MODE none, but got "${settings.AUTH_MODE}": nobody shows credentials by this way in`,
    );
  }
  await serve(settings);
} catch (error) {
  print(`ERROR: Cannot start: ${redactText(error instanceof Error ? error.message : String(error))}`);
  Deno.exit(2);
}
