import { Buffer } from "node:buffer";
import { REDACTED } from "./pattern.ts";

/** JSON or a PEM block in Base64; wrapped lines belong to it. */
const CONTAINERS = /(?<![\w+/-])(?:eyJ|ewo|W3si|LS0tLS1)[\w+/-]{20,}(?:\\?\r?\n[\w+/-]{4,})*={0,2}/g;
/** Of three printable bytes of ASCII, or a line end and two, the first of four characters is one of these. */
const PRINTABLE = /(?<![\w+/-])(?:[CI-Za-f][\w+/-]{3}){5,}[\w+/-]{0,3}={0,2}/g;
const SIGNS: readonly RegExp[] = [new RegExp(CONTAINERS, ""), new RegExp(PRINTABLE, "")];
/** Of what the shortest of them matches. */
const BASE64_CHARS_MIN = 20;

const PERCENT = /%[\da-f]{2}/i;
/** What encodeURIComponent leaves and makes; a form's + is a space. */
const PERCENT_ENCODED = /[\w.!~*'()+%-]+/g;
const CODES = /(?:%[\da-f]{2})+/gi;

type Hide = (decoded: string) => string;

/** Whether a text could hold text that is encoded in Base64 or percent-encoded. */
export function isEncodedIn(text: string): boolean {
  return (text.includes("%") && PERCENT.test(text)) ||
    (text.length >= BASE64_CHARS_MIN && SIGNS.some((sign) => sign.test(text)));
}

/**
 * Redacts what is encoded in a text: Base64 that holds a secret goes as a whole, what is percent-encoded stays so. No
 * character is decoded in both ways, so that the cost does not double with each level.
 *
 * @param hide takes secrets out of what was decoded
 */
export function hideEncoded(text: string, hide: Hide): string {
  if (!PERCENT.test(text)) return hideBase64(text, hide);
  let rest = "";
  let end = 0;
  for (const { 0: encoded, index } of text.matchAll(PERCENT_ENCODED)) {
    if (!PERCENT.test(encoded)) continue;
    rest += hideBase64(text.slice(end, index), hide) + hidePercentEncoded(encoded, hide);
    end = index + encoded.length;
  }
  return rest + hideBase64(text.slice(end), hide);
}

function hideBase64(text: string, hide: Hide): string {
  const hideDecoded = (encoded: string) => {
    const decoded = Buffer.from(encoded, "base64").toString();
    return hide(decoded) === decoded ? encoded : REDACTED;
  };
  return text.replaceAll(CONTAINERS, hideDecoded).replaceAll(PRINTABLE, (encoded) => {
    // Names and ids of letters and digits decode to anything but text.
    const isText = /^[\t\n\r -~]*$/.test(Buffer.from(encoded, "base64").toString("latin1"));
    return isText ? hideDecoded(encoded) : encoded;
  });
}

/**
 * Redacts a text of which only some characters are percent-encoded, as in a URL that was decoded in part. Where more is
 * found in the whole, decoded, than in each of its encoded words, it is left decoded.
 *
 * @param safe the same text with its encoded words redacted
 */
export function hidePartlyEncoded(text: string, safe: string, hide: Hide): string {
  if (!PERCENT.test(text)) return safe;
  const hidden = hide(decodePercent(text));
  return charsLeft(decodePercent(safe)) > charsLeft(hidden) ? hidden : safe;
}

function charsLeft(text: string): number {
  return text.replaceAll(REDACTED, "").length;
}

function decodePercent(text: string): string {
  return text.replaceAll(CODES, (codes) => Buffer.from(codes.replaceAll("%", ""), "hex").toString());
}

function hidePercentEncoded(encoded: string, hide: Hide): string {
  const decoded = decodePercent(encoded.replaceAll("+", " "));
  const hidden = hide(decoded);
  if (hidden === decoded) return encoded;
  return encodeURIComponent(hidden.toWellFormed()).replaceAll(encodeURIComponent(REDACTED), REDACTED);
}
