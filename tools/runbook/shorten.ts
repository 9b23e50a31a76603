import { Buffer } from "node:buffer";

/** The beginning of a text, in so many bytes of UTF-8 at most, and whether that is not all. */
export function shorten(text: string, bytesMax: number): { readonly text: string; readonly isCut: boolean } {
  const bytes = Buffer.from(text);
  if (bytes.length <= bytesMax) return { text, isCut: false };
  // A character that is cut in two is left out.
  return { text: `${bytes.toString("utf8", 0, bytesMax).replace(/\ufffd+$/, "")}…`, isCut: true };
}
