import { cpus } from "node:os";
import type { Page } from "playwright-core";
import { printTable, withGenerated } from "../../scripts/generated.ts";
import { launchChromium } from "../services/chromium.ts";
import { ROOT, startServer } from "../services/server.ts";

/**
 * `deno task console:figures`: what the console takes before it can be used, and how soon it can, in real Chromium over
 * a warm server; written into docs/console.md.
 */

const RUNS = 7;
const DOCUMENT = `${ROOT}docs/console.md`;
const KINDS: Readonly<Record<string, string>> = {
  document: "page",
  stylesheet: "style",
  script: "scripts",
  image: "icon",
  fetch: "answers",
  xhr: "answers",
  other: "icon",
};

interface Visit {
  /** Compressed bytes and requests by kind, headers included. */
  readonly transfers: ReadonlyMap<string, { readonly requests: number; readonly bytes: number }>;
  /** Milliseconds since the visit began. */
  readonly paintMs: number;
  readonly toolsMs: number;
  /** Milliseconds from Send to the reply on the page. */
  readonly replyMs: number;
}

async function visit(page: Page, url: string): Promise<Visit> {
  const sizes: Promise<readonly [kind: string, bytes: number]>[] = [];
  page.on("requestfinished", (request) => {
    const kind = KINDS[request.resourceType()] ?? request.resourceType();
    sizes.push(request.sizes().then((size) => [kind, size.responseBodySize + size.responseHeadersSize]));
  });
  await page.goto(`${url}/dashboard`, { waitUntil: "load" });
  const toolsMs = await page.evaluate<number>(
    whenSeen("document.querySelectorAll('.tool').length > 6", ""),
  );
  const paintMs = await page.evaluate<number>(
    `performance.getEntriesByName("first-contentful-paint")[0].startTime`,
  );
  const before = await Promise.all(sizes);
  await page.getByRole("button", { name: "List all tools" }).click();
  const replyMs = await page.evaluate<number>(
    `(async () => {
      const sentMs = performance.now();
      return await ${
      whenSeen("document.querySelector('#reply-status.result')", "document.querySelector('#send').click();")
    } - sentMs;
    })()`,
  );
  const transfers = new Map<string, { requests: number; bytes: number }>();
  for (const [kind, bytes] of before) {
    const sum = transfers.get(kind) ?? { requests: 0, bytes: 0 };
    transfers.set(kind, { requests: sum.requests + 1, bytes: sum.bytes + bytes });
  }
  return { transfers, paintMs, toolsMs, replyMs };
}

/** A script that does something, and gives the page's clock at the first change of it by which a condition holds. */
function whenSeen(condition: string, begin: string): string {
  return `(new Promise((resolve) => {
    const look = () => (${condition}) && (observer.disconnect(), resolve(performance.now()));
    const observer = new MutationObserver(look);
    observer.observe(document, { subtree: true, childList: true, attributes: true });
    ${begin}
    look();
  }))`;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

await using server = await startServer();
await using browser = await launchChromium();
const visits: Visit[] = [];
// The first one warms the server, and is not counted.
for (let run = 0; run <= RUNS; run++) {
  const { page } = await browser.newPage();
  const found = await visit(page, server.url);
  if (run > 0) visits.push(found);
  await page.close();
}

const [first] = visits;
const transfers = [...first?.transfers ?? []];
const total = (name: "requests" | "bytes") => transfers.reduce((sum, [, one]) => sum + one[name], 0);
const kilo = (bytes: number) => `${(bytes / 1000).toFixed(1)} KB`;
const sizes = printTable([
  ["First visit", "Requests", "Compressed, with headers"],
  ...transfers.map(([kind, { requests, bytes }]) => [kind, String(requests), kilo(bytes)]),
  ["all", String(total("requests")), kilo(total("bytes"))],
]);
const ms = (pick: (visit: Visit) => number) => `${median(visits.map(pick)).toFixed(0)} ms`;
const times = printTable([
  ["Warm server, empty browser", `Median of ${RUNS}`],
  ["first paint", ms(({ paintMs }) => paintMs)],
  ["the tools are listed: it can be used", ms(({ toolsMs }) => toolsMs)],
  ["from Send to the reply on the page", ms(({ replyMs }) => replyMs)],
]);
const [cpu] = cpus();
const machine = `${cpus().length} cores (${cpu?.model.trim()}), browser and server on the same machine`;
const text = `${sizes}\n${times}\nMeasured on ${machine}.\n`;
await Deno.writeTextFile(
  DOCUMENT,
  withGenerated(await Deno.readTextFile(DOCUMENT), "console", text, "console:figures"),
);
// deno-lint-ignore no-console -- What it found is what it is run for.
console.log(text);
