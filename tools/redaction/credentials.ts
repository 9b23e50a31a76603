import { HARMLESS, QUOTE, REDACTED, type SecretLooks, SEPARATOR } from "./pattern.ts";

const SIGN =
  /cookie|__(?:host|secure)-|mcp_session|ticket|authoriz|(?:bearer|basic)[ \t+]|(?:[?&]|u0026)(?:sig|x-)|auth["'\\ ]{0,16}[:=]|curl |kind:[ \t]*["']?secret|\\u00/i;

/** What HTTP carries: the credentials of its headers, signatures in its query strings. */
export const CREDENTIALS: SecretLooks = {
  isPossibleIn: (text) => SIGN.test(text),
  patterns: [
    [
      /(\bcurl\b[^\n|;]{0,120}?\s(?:-u|--user)[ =]{0,4}["']?[^\s:"']{1,100}:)(?!\/\/|\[REDACTED\])[^\s"']+/g,
      `$1${REDACTED}`,
    ],
    [
      /((?:set-)?cookies?\\{0,15}["']?[ \t]{0,8}[:=][ \t]{0,8}\\{0,15}["']?)(?!\[REDACTED\]&)(?:[^\s"'=;,]{1,100}=[^"'\n]*|\{[^}\n]+\}?)/gi,
      `$1${REDACTED}`,
    ],
    // A session's cookie by itself, such as the dashboard's.
    [/((?:__(?:Host|Secure)-[\w-]{1,64}|mcp_session)=)(?!\[REDACTED\])[^\s"';,&]+/gi, `$1${REDACTED}`],
    // What opens a socket here. Other tickets are work to do, and have shorter names.
    [new RegExp(String.raw`((?<![a-z])ticket${SEPARATOR}(?:${QUOTE})?)[\w-]{40,}`, "gi"), `$1${REDACTED}`],
    // Schemes whose credentials are a list of name="value".
    [
      new RegExp(
        String.raw`(authorization${SEPARATOR}(?:${QUOTE})?\[?(?:digest|oauth|hawk|aws4-hmac-sha256|mac|signature) )` +
          String.raw`(?:[\w-]{1,40}=(?:\\{0,15}"[^"\n]*"?|[^\s,"']+),?[ \t]{0,8})+`,
        "gi",
      ),
      `$1${REDACTED}`,
    ],
    [
      new RegExp(
        String.raw`(authorization${SEPARATOR}(?:${QUOTE})?\[?` +
          String.raw`(?:bearer|basic|digest|negotiate|ntlm|token|apikey|key) )(?!${HARMLESS})[^\s"',;\\\]]+`,
        "gi",
      ),
      `$1${REDACTED}`,
    ],
    // Credentials have a digit or change case midway; "basic authentication" does not. A form's + is a space.
    [
      /(?<!\w|type["']?[=:] ?["']?)((?:[Bb]earer|BEARER|[Bb]asic|BASIC)[ \t+]{1,8})(?=[\w.~+/=-]*(?:\d|[a-z][A-Z]))[\w.~+/=-]{8,}/g,
      `$1${REDACTED}`,
    ],
    [/([?&](?:sig|x-amz-signature|x-goog-signature)=)[^\s"'&]+/gi, `$1${REDACTED}`],
    // _auth=dXNlcjpwYXNz, "auth": "dXNlcjpwYXNz": user and password in Base64, as npm and Docker keep them.
    [
      new RegExp(
        String.raw`((?<![a-z])auth${SEPARATOR}(?:${QUOTE})?)(?=[\w+/]*(?-i:[A-Z0-9]))[\w+/]{8,}={0,2}(?![\w+/=-])`,
        "gi",
      ),
      `$1${REDACTED}`,
    ],
  ],
};
