import { z } from "zod";
import { IssuerError } from "./issuer_error.ts";
import type { IssuerFetch } from "./issuer_fetch.ts";

const metadata = z.object({ issuer: z.string(), jwks_uri: z.string() });

/**
 * Finds where an issuer has its keys: in OpenID Connect's document, or where it has none in that of RFC 8414.
 *
 * @throws {IssuerError} when it cannot be found out, or the document is another issuer's.
 */
export async function discoverKeysUrl(issuer: string, fetchJson: IssuerFetch): Promise<URL> {
  const attempts: IssuerError[] = [];
  for (const url of metadataUrls(issuer)) {
    try {
      return keysUrlOf(await fetchJson(url), issuer, url);
    } catch (error) {
      // The document is not there; it may be at the other place.
      if (!(error instanceof IssuerError) || !isClientError(error.status)) throw error;
      attempts.push(error);
    }
  }
  throw new IssuerError(`Cannot find the metadata of the issuer "${issuer}"`, { cause: new AggregateError(attempts) });
}

/** OpenID Connect Discovery puts the well-known part behind the issuer's path, RFC 8414 before it. */
function metadataUrls(issuer: string): readonly URL[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, "");
  return [
    new URL(`${origin}${path}/.well-known/openid-configuration`),
    new URL(`${origin}/.well-known/oauth-authorization-server${path}`),
  ];
}

function keysUrlOf(document: unknown, issuer: string, from: URL): URL {
  const { data } = metadata.safeParse(document);
  if (!data) throw new IssuerError(`${from.href} lacks issuer or jwks_uri`);
  // To the letter (RFC 8414, section 3.3): otherwise one issuer could speak for another.
  if (data.issuer !== issuer) {
    throw new IssuerError(`${from.href} is of the issuer ${quoted(data.issuer)}, expected ${quoted(issuer)}`);
  }
  const url = URL.parse(data.jwks_uri);
  if (!url || !(url.protocol === "https:" || isLoopback(url) && isLoopback(new URL(issuer)))) {
    throw new IssuerError(`${from.href} has the jwks_uri ${quoted(data.jwks_uri)}, expected an https:// URL`);
  }
  return url;
}

/** Plain HTTP that stays on this machine, for development. */
function isLoopback({ protocol, hostname }: URL): boolean {
  return protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(hostname);
}

function isClientError(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500;
}

/** What came from elsewhere, short. */
function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 256));
}
