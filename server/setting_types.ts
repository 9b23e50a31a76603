import { z } from "zod";
import { parseSigningKey } from "../storage/audit/signing_key.ts";

/** What a setting accepts, read from text; `message` completes "expected …". */
function parsed<T>(expected: string, parse: (text: string) => T | undefined) {
  return z.string().transform((text, context) => {
    const value = parse(text.trim());
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message: expected });
    return z.NEVER;
  });
}

/** A whole number within bounds, both inclusive. */
export function integer(min: number, max: number) {
  return parsed(`a whole number from ${min} to ${max}`, (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    return value >= min && value <= max ? value : undefined;
  });
}

/** true or false. */
export function boolean() {
  const words = new Map([["true", true], ["1", true], ["false", false], ["0", false]]);
  return parsed("true or false", (text) => words.get(text.toLowerCase()));
}

/** One of some words. */
export function oneOf<const Words extends readonly string[]>(...words: Words) {
  return parsed(words.join(" or "), (text): Words[number] | undefined => words.find((word) => word === text));
}

/** Words separated by commas. */
export function list(expected: string, accepts: (word: string) => boolean) {
  return parsed(expected, (text): readonly string[] | undefined => {
    const words = text.split(",").map((word) => word.trim()).filter((word) => word !== "");
    return words.every(accepts) ? words : undefined;
  });
}

/** None, every one, or some namespaces of a cluster. */
export function namespaces() {
  return parsed("off, on, or namespaces separated by commas", (text): "every" | readonly string[] | undefined => {
    if (text === "off") return [];
    if (text === "on") return "every";
    const names = text.split(",").map((name) => name.trim());
    return names.every((name) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) ? names : undefined;
  });
}

/** None, all, or some contexts of a kubeconfig by their names. */
export function contexts() {
  return parsed("all, or names of contexts separated by commas", (text): "every" | readonly string[] | undefined => {
    if (text === "all") return "every";
    const names = text.split(",").map((name) => name.trim());
    return names.every((name) => name !== "" && name.length <= 253) ? names : undefined;
  });
}

/** A URL with one of the schemes, kept as text. */
export function url(...schemes: readonly string[]) {
  const expected = `a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(" or ")}`;
  return parsed(expected, (text) => {
    const scheme = URL.canParse(text) ? new URL(text).protocol.slice(0, -1) : "";
    return schemes.includes(scheme) ? text : undefined;
  });
}

/** A URL with one of the schemes and one host or several, separated by commas, kept as text. */
export function urlOfHosts(...schemes: readonly string[]) {
  const expected = `a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(" or ")}`;
  return parsed(expected, (text) => {
    const [, scheme = ""] = /^([a-z+]+):\/\/./i.exec(text) ?? [];
    // What the hosts are is read where they are used: here one of them stands for all.
    const canParse = URL.canParse(text.replace(/,[^/?#]*/, ""));
    return canParse && schemes.includes(scheme.toLowerCase()) ? text : undefined;
  });
}

/** URL of an OpenID provider, kept as text; without TLS only on this machine, for development. */
export function issuer() {
  return parsed("an https:// URL without query or fragment, or http:// on 127.0.0.1, [::1] or localhost", (text) => {
    const { protocol, hostname, search, hash } = URL.canParse(text) ? new URL(text) : {};
    const isLocal = ["127.0.0.1", "[::1]", "localhost"].includes(hostname ?? "");
    const isSafe = protocol === "https:" || (protocol === "http:" && isLocal);
    return isSafe && search === "" && hash === "" ? text : undefined;
  });
}

/** Text of so many characters at least. */
export function text(expected: string, charsMin = 1) {
  return parsed(expected, (value) => value.length < charsMin ? undefined : value);
}

/** A tenant of Loki's, or several with | between: it must stand in a header. */
export function tenant() {
  const expected = "a tenant's id of letters, digits and !-_.*'(), several with | between";
  return parsed(expected, (value) => /^[A-Za-z0-9!\-_.*'()|]{1,150}$/.test(value) ? value : undefined);
}

/** Texts in a JSON list. */
export function jsonList(expected: string) {
  const texts = z.array(z.string().min(1));
  return parsed(expected, (text): readonly string[] | undefined => {
    try {
      return texts.safeParse(JSON.parse(text)).data;
    } catch {
      return undefined;
    }
  });
}

/** An Ed25519 private key, kept as text. */
export function signingKey() {
  return parsed(
    "an Ed25519 private key, as PKCS#8 in PEM or as its seed of 32 bytes in base64",
    (value) => parseSigningKey(value) ? value : undefined,
  );
}
