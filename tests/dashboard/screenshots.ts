import type { Page } from "playwright-core";
import { launchChromium } from "../services/chromium.ts";
import { startKubernetesApi } from "../services/kubernetes.ts";
import { startPostgres } from "../services/postgres.ts";
import { startRedis } from "../services/redis.ts";
import { ROOT, startServer } from "../services/server.ts";
import { connected } from "./page.ts";

/** `deno task screenshots`: the console's views over a server with real stores, as pictures in docs/img. */

const BYTES_MAX = 300_000;
const CALLS = 60;
/** What the charts of Watch have to show. */
const ROUNDS = 8;
const ROUND_MS = 700;
const LOOKS = [
  { name: "light", colorScheme: "light", viewport: { width: 1280, height: 800 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1280, height: 800 } },
  { name: "narrow", colorScheme: "light", viewport: { width: 360, height: 720 } },
] as const;

await using redis = await startRedis();
await using postgres = await startPostgres();
// Its answers were recorded from a real cluster.
await using kubernetes = await startKubernetesApi();
await using server = await startServer({
  ...{ REDIS_URL: redis.url, DATABASE_URL: postgres.url, REPLICA: "replica-a" },
  ...{ KUBECONFIG: kubernetes.kubeconfigPath, TOOLSETS: "k8s,ctx,runbook,runbook-run" },
});
await using browser = await launchChromium();

function isNarrow(page: Page): boolean {
  return (page.viewportSize()?.width ?? 0) < 800;
}

/** Calls of all kinds: some that fail, most that do not. */
async function work(): Promise<void> {
  const calls = [
    ["mcp.tools.list", {}],
    ["ctx.set", { key: "deploy/current", value: { service: "api", revision: 42 } }],
    ["ctx.get", { key: "deploy/current" }],
    ["runbook.preview", { runbook_id: "no-such-runbook" }],
    ["ctx.get", { key: "" }],
  ] as const;
  for (let i = 0; i < CALLS; i++) {
    const [method, params] = calls[i % calls.length] ?? calls[0];
    const response = await fetch(`${server.url}/mcp`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: i, method, params }),
    });
    await response.body?.cancel();
  }
}

/** Each brings its view to where it shows something. */
const VIEWS: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  async try(page) {
    await page.getByRole("button", { name: "List all tools" }).click();
    await page.getByRole("button", { name: "Send" }).click();
    await page.locator("#reply-status").filter({ hasText: /^Result/ }).waitFor();
  },
  async watch(page) {
    await page.locator("#watch-state").filter({ hasText: /^Live/ }).waitFor();
    for (let round = 0; round < ROUNDS; round++) {
      await work();
      await page.waitForTimeout(ROUND_MS);
    }
    const calls = ROUNDS * CALLS;
    await page.locator("#watch-note").filter({ hasText: `${calls} of ${calls} calls` }).waitFor();
  },
  async audit(page) {
    await page.locator("#audit-note").filter({ hasText: /records/ }).waitFor();
    // On a phone a record takes the whole screen: the list is what is shown.
    if (isNarrow(page)) return;
    await page.locator("#view-audit .vbody .vrow").first().click();
    await page.getByRole("button", { name: "Verify" }).click();
    await page.locator(".verdict").getByText("As it was written").waitFor();
  },
  async cluster(page) {
    const pods = page.locator("#view-cluster .vbody .vrow");
    await page.locator("#view-cluster select[aria-label=Namespace]").selectOption("mcp-lab");
    await pods.filter({ hasText: "crashloop" }).first().waitFor();
    // On a phone a pod takes the whole screen: the list is what is shown.
    if (isNarrow(page)) return;
    await pods.filter({ hasText: "crashloop" }).first().click();
    await page.locator(".log-message").first().waitFor();
    await page.locator(".events").waitFor();
  },
  async runbooks(page) {
    await page.getByRole("link", { name: "Pod is crash looping" }).click();
    const book = page.getByRole("region", { name: "Runbook", exact: true });
    await book.getByRole("textbox", { name: "namespace" }).fill("mcp-lab");
    await book.getByRole("button", { name: "Preview the plan" }).click();
    await book.getByText("Digest").waitFor();
    if (!isNarrow(page)) await page.evaluate("scrollTo(0, 0)");
  },
  async context(page) {
    await page.getByRole("link", { name: "deploy/current" }).click();
    await page.getByRole("region", { name: "Value", exact: true }).getByText(/version \d+/).waitFor();
    if (!isNarrow(page)) await page.evaluate("scrollTo(0, 0)");
  },
  health: (page) => page.getByRole("region", { name: "Replicas" }).getByText("replica-a").waitFor(),
};

await work();
for (const { name, colorScheme, viewport } of LOOKS) {
  for (const [view, prepare] of Object.entries(VIEWS)) {
    const { page } = await browser.newPage({ colorScheme, viewport });
    await page.goto(`${server.url}/dashboard#/${view}`);
    await connected(page);
    await prepare(page);
    const picture = await page.screenshot({ animations: "disabled" });
    if (picture.length > BYTES_MAX) throw new Error(`Expected ${view} in ${name} under ${BYTES_MAX} bytes`);
    await Deno.writeFile(`${ROOT}docs/img/${view}-${name}.png`, picture);
    await page.close();
  }
}
