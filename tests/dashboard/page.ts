import type { Page } from "playwright-core";
import type { Chromium, WatchedPage } from "../services/chromium.ts";

/** The dashboard in a browser, as its user sees it. */
export interface Dashboard extends WatchedPage {
  /** Pastes a text over what is in the request's field, from the clipboard. */
  paste(text: string): Promise<void>;
  /** Resolves when the reply's state reads so. */
  replied(words: RegExp): Promise<void>;
  /** The reply's text as it is shown in its raw form. */
  reply(): Promise<string>;
}

/** Opens the dashboard of a server and waits until it is connected. */
export async function openDashboard(
  browser: Chromium,
  serverUrl: string,
  options: Parameters<Chromium["newPage"]>[0] = {},
): Promise<Dashboard> {
  const { page, complaints } = await browser.newPage({ permissions: ["clipboard-write"], ...options });
  await page.goto(`${serverUrl}/dashboard`);
  await connected(page);
  return {
    page,
    complaints,
    async paste(text) {
      await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
      await page.getByLabel("JSON-RPC request").focus();
      await page.keyboard.press("ControlOrMeta+a");
      await page.keyboard.press("ControlOrMeta+v");
    },
    replied: (words) => page.locator("#reply-status").filter({ hasText: words }).waitFor(),
    async reply() {
      await page.getByRole("tab", { name: "Raw" }).click();
      return await page.locator("#reply").textContent() ?? "";
    },
  };
}

/** Resolves when the page says that it is connected. */
export async function connected(page: Page): Promise<void> {
  await page.getByRole("status").filter({ hasText: /^Connected$/ }).waitFor();
}

/** One of the guide's examples. */
export function example(page: Page, title: "List all tools" | "Set context" | "Get context") {
  return page.getByRole("group", { name: "From the guide" }).getByRole("button", { name: title });
}
