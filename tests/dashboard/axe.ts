import axe from "axe-core";
import type { Page } from "playwright-core";

/** What axe finds wrong with a page as it is shown now, one line each. */
export async function findAxeViolations(page: Page): Promise<readonly string[]> {
  // The page's policy takes no script from outside, and evaluated text is not of the page.
  await page.evaluate(`(() => { ${axe.source} })()`);
  return await page.evaluate<string[]>(`(async () => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => id + ": " + help + ": " + html.slice(0, 160)));
  })()`);
}
