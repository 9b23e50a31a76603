import type { Page } from "playwright-core";

/** A text of the page whose colour is too near to what is behind it. */
export interface FaintText {
  readonly text: string;
  readonly selector: string;
  /** By WCAG 2.2, 1 to 21. */
  readonly ratio: number;
}

// It runs in the page.
const MEASURE = `
  (least) => {
    const channels = (color) => color.match(/[\\d.]+/g).map(Number);
    const isOpaque = (color) => { const [, , , alpha = 1] = channels(color); return alpha === 1; };
    const luminance = (color) => {
      const [red, green, blue] = channels(color).slice(0, 3).map((value) => {
        const part = value / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const behind = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const { backgroundColor } = getComputedStyle(at);
        if (isOpaque(backgroundColor)) return backgroundColor;
      }
      return "rgb(255, 255, 255)";
    };
    const faint = [];
    let texts = 0;
    for (const element of document.body.querySelectorAll("*")) {
      const text = Array.from(element.childNodes, (node) => node.nodeType === 3 ? node.data : "").join("").trim();
      if ((!text && !element.value) || !element.checkVisibility() || element.tagName === "NOSCRIPT") continue;
      texts++;
      const [light, dark] = [getComputedStyle(element).color, behind(element)].map(luminance).sort((a, b) => b - a);
      const ratio = (light + 0.05) / (dark + 0.05);
      const selector = [element.tagName.toLowerCase(), ...element.classList].join(".");
      if (ratio < least) faint.push({ text: text || element.value, selector, ratio });
    }
    return { texts, faint };
  }`;

/** Looks at every text that the page shows. @returns how many there are, and those under the ratio */
export async function findFaintTexts(
  page: Page,
  ratioMin: number,
): Promise<{ readonly texts: number; readonly faint: readonly FaintText[] }> {
  return await page.evaluate(`(${MEASURE})(${ratioMin})`);
}
