/**
 * The product's own server, with what the official conformance suite calls: its tools in the call path, its resources
 * and prompts beside them. Router, gate, call path, middleware and transports are the product's. No image has this file.
 */
import { buildServer } from "../../server/build.ts";
import { announce, listen } from "../../server/listen.ts";
import { createLog } from "../../server/log.ts";
import { openPolicy } from "../../server/auth/open_policy.ts";
import { openRedactor } from "../../server/redaction.ts";
import { readSettings } from "../../server/settings.ts";
import { stopOnSignals } from "../../server/stop.ts";
import { storeOptions } from "../../server/store_options.ts";
import { systemClock as clock, systemIds as ids } from "../../storage/clock.ts";
import { openStores } from "../../storage/open.ts";
import { openOutside } from "../../tools/outside.ts";
import { fixtureForms } from "./fixtures/tool_forms.ts";
import { fixtureTools } from "./fixtures/tools.ts";

const settings = readSettings(Deno.env.toObject(), Deno.readTextFileSync);
const redactor = await openRedactor(settings);
const policy = await openPolicy(settings, undefined);
// deno-lint-ignore no-console -- The log ends on standard output.
const lines = { format: settings.LOG_FORMAT, write: (line: string) => console.log(line), now: clock.now };
const log = createLog({ ...lines, level: settings.LOG_LEVEL, redactor });
const replica = settings.REPLICA ?? Deno.hostname();
const resources = new AsyncDisposableStack();
const stores = resources.use(await openStores(storeOptions({ settings, replica, clock, ids, log, lines })));
const outside = resources.use(
  await openOutside({
    cluster: settings,
    impersonate: undefined,
    prometheusUrl: settings.PROMETHEUS_URL,
    runbookDir: new URL("../../runbooks", import.meta.url).pathname,
  }),
);
const server = await buildServer({
  ...{ settings, policy, redactor, stores, outside, clock, ids, log, replica, authentication: undefined },
  fixtures: {
    tools: fixtureTools,
    forms: fixtureForms,
    loadParts: async (options) => (await import("./fixtures/parts.ts")).createFixtureParts(options),
  },
});
const listener = listen(settings.HOST, settings.PORT, server.fetch);
stopOnSignals({ ...server, listener, resources, delayMs: settings.DRAIN_DELAY_MS, drainMs: settings.DRAIN_MS, log });
await stores.settled;
announce(log, server.toolNames.length, listener.addr);
