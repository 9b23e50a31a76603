import { type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { findBinary } from "./process.ts";

const LAUNCH_TIMEOUT_MS = 30_000;
const CLOSE_TIMEOUT_MS = 15_000;
/** The bound of every wait for a page. */
const PAGE_TIMEOUT_MS = 30_000;

const ARGS: readonly string[] = [
  "--no-sandbox", // Tests run as root in containers; the pages are the test's own.
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Every name under .example is this machine, as for a page whose name was rebound to it; no other name is looked up.
  "--host-resolver-rules=MAP *.example 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
];

/**
 * For tests with pages: Playwright's own timers (network idle, retries) and its pipe to the browser outlive a test, and
 * end with the browser, whose end the tests await.
 */
export const WITH_PAGES = { sanitizeOps: false, sanitizeResources: false } as const;

/** A page, and what the browser complained of while it was open. */
export interface WatchedPage {
  readonly page: Page;
  /**
   * Console warnings and errors, uncaught exceptions and violations of a Content Security Policy, oldest first. They
   * arrive in the order in which they happened: what a later answer of the page follows is in.
   */
  readonly complaints: readonly string[];
}

/** A browser of a test. */
export interface Chromium extends AsyncDisposable {
  /** A page with a profile of its own that lives as long as the browser. */
  newPage(options?: BrowserContextOptions): Promise<WatchedPage>;
}

/** Starts the system's Chromium, headless and with a fresh profile folder. @throws when it is missing. */
export async function launchChromium(): Promise<Chromium> {
  const executablePath = findBinary("chromium", [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/snap/bin/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  ]);
  const browser = await chromium.launch({
    executablePath,
    args: [...ARGS],
    headless: true,
    timeout: LAUNCH_TIMEOUT_MS,
  });
  return {
    async newPage(options) {
      const context = await browser.newContext(options);
      context.setDefaultTimeout(PAGE_TIMEOUT_MS);
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on("console", (message) => {
        if (["warning", "error"].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`);
      });
      page.on("pageerror", (error) => complaints.push(`exception: ${error.message}`));
      return { page, complaints };
    },
    async [Symbol.asyncDispose]() {
      const late = Promise.withResolvers<never>();
      const timer = setTimeout(
        () => late.reject(new Error(`Chromium did not end within ${CLOSE_TIMEOUT_MS} ms`)),
        CLOSE_TIMEOUT_MS,
      );
      try {
        await Promise.race([browser.close(), late.promise]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
