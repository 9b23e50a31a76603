import type { Page } from "playwright-core";
import type { Chromium } from "../services/chromium.ts";
import type { Site } from "./sites.ts";

/** A page of another origin, and what it is let loose on. */
export interface Visit {
  readonly from: string;
  readonly page: Page;
  /** Where the page is from; one at the server's own port is open already. */
  readonly pageUrl: string;
  /** The name in the server's address. */
  readonly target: string;
  /** What the server refuses it for. */
  readonly reason: "origin" | "host";
}

/**
 * The pages to try.
 *
 * @param site another site
 * @param before stands at the port where the server starts after it: pages from there have the server's own port
 */
export async function preparePages(browser: Chromium, site: Site, before: Site): Promise<readonly Visit[]> {
  const open = async (url: string) => {
    const { page } = await browser.newPage();
    await page.goto(url);
    return page;
  };
  const page = await open("about:blank");
  const own = async (name: string) => [await open(before.url(name)), before.url(name)] as const;
  const cases: readonly (readonly [from: string, Page, pageUrl: string, target: string, reason: Visit["reason"]])[] = [
    ["another port of the same address", page, site.url("127.0.0.1"), "127.0.0.1", "origin"],
    ["another port of the same name", page, site.url("localhost"), "localhost", "origin"],
    ["localhost, to 127.0.0.1", page, site.url("localhost"), "127.0.0.1", "origin"],
    ["another site", page, site.url("evil.example"), "127.0.0.1", "origin"],
    ["a page without an origin", page, site.url("localhost", "/sandbox"), "127.0.0.1", "origin"],
    ["the server's own port by another name", ...await own("localhost"), "127.0.0.1", "origin"],
    ["a name that was rebound to the server", ...await own("rebound.example"), "rebound.example", "host"],
  ];
  return cases.map(([from, page, pageUrl, target, reason]) => ({ from, page, pageUrl, target, reason }));
}
