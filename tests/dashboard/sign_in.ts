import type { Page } from "playwright-core";
import { connected } from "./page.ts";

/** The field for the credential, once the page asks for it. */
export async function asked(page: Page, words = /./): Promise<void> {
  await page.locator("#sign-in-lead").filter({ hasText: words }).waitFor();
}

/** Signs in at the dashboard, and waits until it is connected. */
export async function signIn(page: Page, serverUrl: string, credential: string): Promise<void> {
  await page.goto(`${serverUrl}/dashboard`);
  await asked(page);
  await submit(page, credential);
  await connected(page);
}

/** Hands a credential in. */
export async function submit(page: Page, credential: string): Promise<void> {
  await page.getByLabel("API key").fill(credential);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** The page's complaints without what every browser prints of a request that was answered 401, whatever the page does. */
export function beside401(complaints: readonly string[]): readonly string[] {
  return complaints.filter((complaint) => !/the server responded with a status of 401/.test(complaint));
}
