import type { BuildOptions } from "./server/build.ts";
import { refuseAnonymous, warnOfExposure } from "./server/auth/exposure.ts";
import { checkAuthentication, openAuthentication } from "./server/auth/open.ts";
import { openPolicy } from "./server/auth/open_policy.ts";
import { readCommand } from "./server/cli.ts";
import { chooseClusters } from "./server/clusters.ts";
import { surviveFaults } from "./server/faults.ts";
import { announce, listen } from "./server/listen.ts";
import { createLog } from "./server/log.ts";
import { detectPlatform, findLosses, withPresets } from "./server/platform.ts";
import { outsideOptions } from "./server/outside_options.ts";
import { openRedactor } from "./server/redaction.ts";
import { readSettings } from "./server/settings.ts";
import { storesConnected } from "./server/stores_connected.ts";
import { stopOnSignals } from "./server/stop.ts";
import { storeOptions } from "./server/store_options.ts";
import { systemClock as clock, systemIds as ids } from "./storage/clock.ts";
import { openStores } from "./storage/open.ts";
import type { Clusters } from "./tools/clusters.ts";
import { openOutside } from "./tools/outside.ts";
import { redactText } from "./tools/redact.ts";

/** A start waits so long for its stores to answer, so that its lines come in order; it serves meanwhile. */
const SETTLE_MS = 1000;

// deno-lint-ignore no-console -- The log ends on standard output.
const print = (line: string) => console.log(line);

type Opened = Required<Pick<BuildOptions, "settings" | "policy" | "redactor" | "losses">>;

async function serve(opened: Opened, clusters: Clusters | undefined) {
  const { settings, redactor, losses } = opened;
  const logOptions = { format: settings.LOG_FORMAT, write: print, now: clock.now };
  const log = createLog({ ...logOptions, level: settings.LOG_LEVEL, redactor });
  surviveFaults(log);
  log.info("MCP Server starting...");
  warnOfExposure(settings, log);
  for (const loss of losses) log.warn(loss);
  const replica = settings.REPLICA ?? Deno.hostname();
  const resources = new AsyncDisposableStack();
  const stores = resources.use(
    await openStores(storeOptions({ settings, replica, clock, ids, log, lines: logOptions })),
  );
  // Afterwards: the stores outside are being connected to while the rest of the program is loaded.
  const { buildServer } = await import("./server/build.ts");
  const authentication = resources.use(await openAuthentication({ settings, stores, clock, log }));
  const outside = resources.use(await openOutside(outsideOptions(settings, clusters, log)));
  const server = await buildServer({ ...opened, stores, authentication, outside, clock, ids, log, replica });
  server.lifecycle.start(storesConnected(stores.states));
  const listener = listen(settings.HOST, settings.PORT, server.fetch);
  stopOnSignals({ ...server, listener, resources, delayMs: settings.DRAIN_DELAY_MS, drainMs: settings.DRAIN_MS, log });
  await Promise.race([stores.settled, new Promise((resolve) => setTimeout(resolve, SETTLE_MS))]);
  outside.warm();
  announce(log, server.toolNames.length, listener.addr);
}

try {
  const command = readCommand(Deno.args);
  if (command.kind === "print") {
    print(command.text);
    Deno.exit(command.exitCode);
  }
  const platform = detectPlatform(Deno.env.toObject());
  const environment = withPresets(Deno.env.toObject(), platform.presets, command.dev ? { HOST: "127.0.0.1" } : {});
  const settings = readSettings(environment, Deno.readTextFileSync);
  refuseAnonymous(settings, platform);
  const redactor = await openRedactor(settings);
  const clusters = await chooseClusters(settings);
  const policy = await openPolicy(settings, clusters);
  if (command.kind === "serve") {
    await serve({ settings, policy, redactor, losses: findLosses(platform, settings) }, clusters);
  } else {
    await checkAuthentication(settings);
    print("The settings are valid");
  }
} catch (error) {
  print(`ERROR: Cannot start: ${redactText(error instanceof Error ? error.message : String(error))}`);
  Deno.exit(2);
}
