import assert from "node:assert/strict";
import { createLocalEventBus } from "../../../storage/embedded/event_bus.ts";
import { createMemoryCache } from "../../../storage/embedded/cache.ts";
import { describeOfficially } from "../../../server/mcp/describe.ts";
import { openAuthorizer } from "../../../tools/authorizer.ts";
import { createCatalogue } from "../../../tools/catalogue.ts";
import { clusterNotConfigured } from "../../../tools/k8s/not_configured.ts";
import { prometheusNotConfigured } from "../../../tools/prom/prometheus.ts";
import { openRunbookLibrary } from "../../../tools/runbook/library.ts";
import { chooseToolsets } from "../../../tools/toolsets.ts";
import { manualClock } from "../../contracts/manual_clock.ts";

/** What a list may cost a model, by characters of its JSON / 4: docs/decisions/0011. */
const TOKENS_MAX = 1500;
/** What it cost when this was written. Set it anew, with a reason in the commit, where growth is worth its price. */
const TOKENS_RECORDED = 1474;

function tokensOf(list: unknown): number {
  return Math.ceil(JSON.stringify(list).length / 4);
}

Deno.test("tools/list of the default toolset costs less than 1,500 tokens, and not 5 % more than it did", async () => {
  const nothing = () => Promise.reject(new Error("No tool is called"));
  const tools = await createCatalogue({
    authorizer: openAuthorizer,
    context: {
      get: nothing,
      set: nothing,
      delete: nothing,
      keys: nothing,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    },
    cache: createMemoryCache(manualClock()),
    events: createLocalEventBus(),
    cluster: clusterNotConfigured(),
    prometheus: prometheusNotConfigured(),
    runbooks: openRunbookLibrary("runbooks"),
    guardrail: { check: nothing },
    audit: { query: nothing, sums: nothing },
    clock: manualClock(),
    toolsets: chooseToolsets([]),
    contextTtlSeconds: 3600,
    contextScope: "shared",
    contextKeysMax: 0,
    contextBytesMax: 0,
  });
  const listed = tools.filter(({ name }) => name !== "mcp.tools.list").map(describeOfficially);
  const tokens = tokensOf({ tools: listed });
  assert(tokens < TOKENS_MAX, `${tokens} tokens`);
  assert(tokens <= TOKENS_RECORDED * 1.05, `${tokens} tokens: more than 5 % over ${TOKENS_RECORDED}`);
});
