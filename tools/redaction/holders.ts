import { Buffer } from "node:buffer";

/** Names that stand for other things too, with what their values look like where they are secrets. */
const HOLDERS: readonly (readonly [name: RegExp, isSecret: (value: unknown) => boolean])[] = [
  // User and password in Base64, in the files of Docker and npm.
  [/^_?auth$/i, isCredentials],
  // What opens a socket or the dashboard here; other tickets are work to do.
  [/(?:^|[_-]|[a-z](?=T))ticket$/i, isTicket],
];

/** Tells the secrets among the values that a name has, where the name alone does not; `undefined` for most names. */
export function secretTest(name: string): ((value: unknown) => boolean) | undefined {
  return HOLDERS.find(([looks]) => looks.test(name))?.[1];
}

function isCredentials(value: unknown): boolean {
  return typeof value === "string" && /^[\w+/-]{4,}={0,2}$/.test(value) &&
    /^[^\p{Cc}\ufffd:]*:[^\p{Cc}\ufffd]*$/u.test(Buffer.from(value, "base64").toString());
}

function isTicket(value: unknown): boolean {
  return typeof value === "string" && /^[\w-]{40,}$/.test(value);
}
