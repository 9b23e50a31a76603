import { HARMLESS, REDACTED, type SecretLooks } from "./pattern.ts";

const SIGN = /:\\{0,15}\/\\{0,15}\/|@(?:tcp|udp|unix)|@[\w.-]+:\d/;
const PORT_OR_HARMLESS = new RegExp(String.raw`^(?:\d{1,5}[/?#]|${HARMLESS})`, "i");

/** Passwords before a host. */
export const URLS: SecretLooks = {
  isPossibleIn: (text) => text.includes("@") && SIGN.test(text),
  patterns: [
    [/:\/\/[^\s"'<>]+/g, hidePasswords],
    // user:password@host:port and user:password@tcp(host:port), as drivers take them.
    [
      new RegExp(
        String.raw`(?<![\w./@:-])([\w.-]{1,64}):(?!${HARMLESS})[^\s:/@"'<>]{1,256}@` +
          String.raw`(?=(?:tcp6?|udp6?|unix)\(|[\w.-]{1,253}:\d{2,5}(?!\w))`,
        "gi",
      ),
      `$1:${REDACTED}@`,
    ],
  ],
};

/**
 * `://user:password@host`, also with @ and / in the password, and several of them in a row: up to the last @ before a
 * slash, or else to the last @ of all.
 */
function hidePasswords(urls: string): string {
  return urls.split("://").map((url) => {
    const [user] = /^[^:/@[]*:/.exec(url) ?? [];
    if (user === undefined || PORT_OR_HARMLESS.test(url.slice(user.length))) return url;
    const slash = url.indexOf("/");
    const before = slash < 0 ? -1 : url.lastIndexOf("@", slash);
    const at = before < 0 ? url.lastIndexOf("@") : before;
    return at <= user.length ? url : `${user}${REDACTED}${url.slice(at)}`;
  }).join("://");
}
