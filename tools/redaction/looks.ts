import { ASSIGNMENTS } from "./assignments.ts";
import { CREDENTIALS } from "./credentials.ts";
import { isEncodedIn } from "./encoded.ts";
import { hideManifestData } from "./manifest.ts";
import { TOKENS } from "./tokens.ts";
import { URLS } from "./urls.ts";

/** In the order in which they are taken out: what is told by itself before what is told by its name. */
const LOOKS = [TOKENS, URLS, CREDENTIALS, ASSIGNMENTS];

/** Whether a text could hold a secret that its looks give away, encoded or not; some nanoseconds a character. */
export function isSuspect(text: string): boolean {
  return LOOKS.some(({ isPossibleIn }) => isPossibleIn(text)) || isEncodedIn(text);
}

/** Takes out the secrets that their looks give away. */
export function hideLooks(text: string): string {
  let rest = hideManifestData(text);
  for (const { isPossibleIn, patterns } of LOOKS) {
    if (!isPossibleIn(rest)) continue;
    for (const [looks, left] of patterns) {
      // The two kinds of replacement have each their own overload.
      rest = typeof left === "string" ? rest.replace(looks, left) : rest.replace(looks, left);
    }
  }
  return rest;
}
