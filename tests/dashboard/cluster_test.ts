import assert from "node:assert/strict";
import { type Chromium, launchChromium, WITH_PAGES } from "../services/chromium.ts";
import { type KubernetesApi, startKubernetesApi } from "../services/kubernetes.ts";
import { type ServerService, startServer } from "../services/server.ts";
import { findAxeViolations } from "./axe.ts";

const MARKUP = `<img src=x onerror="globalThis.planted='img'">`;

let kubernetes: KubernetesApi;
let browser: Chromium;
/** With the toolset `k8s`, and with the core alone. */
let server: ServerService, core: ServerService;

Deno.test.beforeAll(async () => {
  [kubernetes, browser] = await Promise.all([startKubernetesApi(), launchChromium()]);
  const start = (toolsets: string) => startServer({ KUBECONFIG: kubernetes.kubeconfigPath, TOOLSETS: toolsets });
  [server, core] = await Promise.all([start("k8s"), start("core")]);
});

Deno.test.afterAll(async () => {
  await Promise.all([server, core].map((one) => one[Symbol.asyncDispose]()));
  await browser[Symbol.asyncDispose]();
  await kubernetes[Symbol.asyncDispose]();
});

/** A pod whose every text is markup, or as near to it as the page could mistake. */
function plant(): void {
  kubernetes.put("pods", {
    kind: "Pod",
    apiVersion: "v1",
    metadata: {
      name: "planted",
      namespace: "shop",
      creationTimestamp: "2026-01-01T00:00:00Z",
      labels: { [MARKUP]: MARKUP },
      annotations: { note: MARKUP },
    },
    spec: { nodeName: "node1", containers: [{ name: "main", image: MARKUP, command: [MARKUP] }] },
    status: {
      phase: "Failed",
      reason: MARKUP,
      message: MARKUP,
      containerStatuses: [{
        name: "main",
        ready: false,
        restartCount: 1,
        state: { terminated: { exitCode: 1, reason: MARKUP, message: MARKUP } },
      }],
    },
  });
  // No cluster would take such a name; a server that passes for one could give it.
  kubernetes.put("pods", {
    kind: "Pod",
    apiVersion: "v1",
    metadata: { name: MARKUP, namespace: "shop", creationTimestamp: "2026-01-01T00:00:00Z" },
    spec: { nodeName: MARKUP, containers: [{ name: "main", image: "i" }] },
    status: { phase: "Pending" },
  });
  kubernetes.put("events", {
    kind: "Event",
    apiVersion: "v1",
    metadata: { name: "planted.1", namespace: "shop", creationTimestamp: "2026-01-01T00:00:00Z" },
    involvedObject: { kind: "Pod", name: "planted", namespace: "shop" },
    type: "Warning",
    reason: MARKUP,
    message: MARKUP,
    count: 2,
    lastTimestamp: "2026-01-01T00:00:00Z",
  });
  kubernetes.setLog("shop", "planted", "main", [{ time: "2026-01-01T00:00:00.500000000Z", bytes: `${MARKUP}\n` }]);
}

Deno.test(
  "pods, their state, description and logs by the keyboard alone; what is planted is text",
  WITH_PAGES,
  async () => {
    plant();
    const { page, complaints } = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(`${server.url}/dashboard#/cluster`);
    const note = page.locator("#cluster-note");
    await note.filter({ hasText: "Choose a namespace" }).waitFor();
    const namespaces = page.locator("select[aria-label=Namespace]");
    await namespaces.selectOption("mcp-lab");
    await note.filter({ hasText: "47 pods, 21 failing" }).waitFor();
    assert.match(page.url(), /#\/cluster\/mcp-lab$/);
    const rows = page.locator("#view-cluster .vbody .vrow:visible");
    assert.match(await rows.first().innerText(), /^CreateContainerConfigError\s+config-error\s+0\/1\s+0\s+/);

    const shown = async (count: number) => {
      await rows.nth(count).waitFor({ state: "hidden" });
      assert.equal(await rows.count(), count);
    };

    // One state, and words beside it.
    const waiting = page.getByRole("button", { name: "Waiting 10" });
    await waiting.focus();
    await page.keyboard.press("Enter");
    await shown(10);
    await page.keyboard.press("Enter");
    assert.equal(await waiting.getAttribute("aria-pressed"), "false");
    await page.getByLabel("Filter pods").fill("crash multi");
    await shown(1);
    await page.getByLabel("Filter pods").fill("");

    await namespaces.selectOption("shop");
    await rows.filter({ hasText: "planted" }).first().waitFor();
    assert.match(await rows.filter({ hasText: "Pending" }).innerText(), /<img src=x onerror=/);
    await page.getByLabel("Filter pods").fill("planted");
    await page.getByRole("grid", { name: "Pods" }).focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    const pod = page.getByRole("region", { name: "Pod", exact: true });
    await pod.locator(".log-message", { hasText: MARKUP }).waitFor();
    await pod.locator(".events").waitFor();
    await pod.locator("summary").focus();
    await page.keyboard.press("Enter");
    // Status, message, image, command, state, event, label, annotation, log line.
    assert((await pod.innerText()).split("<img src=x onerror=").length > 9);
    await page.getByLabel("Text or /expression/ in the logs").fill("no such words");
    await pod.getByText("No line fits").waitFor();
    for (const [colorScheme, width] of [["light", 1280], ["dark", 1280], ["light", 360], ["dark", 360]] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      assert.deepEqual(await findAxeViolations(page), [], `${colorScheme}, ${width} px`);
      assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width);
    }
    await page.keyboard.press("Escape");
    await pod.waitFor({ state: "hidden" });
    assert.equal(await page.evaluate("document.activeElement.getAttribute('aria-label')"), "Pods");
    assert.equal(await page.evaluate("typeof globalThis.planted"), "undefined");
    assert.equal(await page.locator("main img").count(), 0);
    assert.deepEqual(complaints, []);
  },
);

Deno.test("5,000 pods are read page by page, and only those in sight are in the page", WITH_PAGES, async () => {
  const { page, complaints } = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(`${server.url}/dashboard#/cluster/crowd`);
  await page.locator("#cluster-note").filter({ hasText: /^5,000 pods/ }).waitFor();
  const grid = page.getByRole("grid", { name: "Pods" });
  assert.equal(await grid.getAttribute("aria-rowcount"), "5001");
  assert(await page.locator("#view-cluster .vrow").count() < 80);
  await grid.focus();
  await page.keyboard.press("End");
  await page.locator("#view-cluster .vrow", { hasText: "worker-4999" }).waitFor();
  assert.deepEqual(complaints, []);
});

Deno.test("with the core's tools alone a namespace is typed, and what is not on is said", WITH_PAGES, async () => {
  const { page, complaints } = await browser.newPage({ viewport: { width: 360, height: 800 } });
  await page.goto(`${core.url}/dashboard#/cluster`);
  const typed = page.getByRole("combobox", { name: "Namespace" });
  await typed.fill("mcp-lab");
  await page.keyboard.press("Enter");
  const note = page.locator("#cluster-note");
  await note.filter({ hasText: "47 pods, 21 failing" }).waitFor();
  await page.locator("#view-cluster .vbody .vrow", { hasText: "crashloop" }).first().click();
  const pod = page.getByRole("region", { name: "Pod", exact: true });
  await pod.getByText("The tool k8s.describe_pod is not on for you").waitFor();
  await pod.locator("#logs-note").filter({ hasText: /line/ }).waitFor();
  assert.deepEqual(await findAxeViolations(page), []);
  assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360);

  await page.goto(`${core.url}/dashboard#/context`);
  await page.locator("#context-note").filter({ hasText: "listed where TOOLSETS has ctx" }).waitFor();
  await page.goto(`${core.url}/dashboard#/runbooks`);
  await page.locator("#runbooks-note").filter({ hasText: "where TOOLSETS has runbook" }).waitFor();
  await page.goto(`${core.url}/dashboard#/cluster/mcp-lab`);
  await note.filter({ hasText: "47 pods, 21 failing" }).waitFor();

  // What is refused takes away what was shown.
  await typed.fill(MARKUP);
  await page.keyboard.press("Enter");
  await page.locator("#view-cluster").getByRole("alert").filter({ hasText: "namespace" }).waitFor();
  assert.equal(await page.locator("#view-cluster .vbody .vrow:visible").count(), 0);
  assert.equal(await page.evaluate("typeof globalThis.planted"), "undefined");
  assert.equal(await page.locator("main img").count(), 0);
  assert.deepEqual(complaints, []);
});
