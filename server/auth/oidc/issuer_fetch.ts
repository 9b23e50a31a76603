import { Buffer } from "node:buffer";
import { IssuerError } from "./issuer_error.ts";

export interface IssuerFetchOptions {
  /** Ends the fetch early. */
  readonly signal: AbortSignal;
  /** Milliseconds until the whole answer must be there. */
  readonly timeoutMs: number;
  readonly bytesMax: number;
}

/** Gets a JSON document of the issuer. */
export type IssuerFetch = (url: URL) => Promise<unknown>;

/**
 * Builds the one way to the issuer. A redirect is not followed: it would let whoever can answer for one address name
 * another one's keys.
 *
 * @throws {IssuerError} when there is no answer in time, or another one than 200 with JSON within the bound.
 */
export function createIssuerFetch({ signal, timeoutMs, bytesMax }: IssuerFetchOptions): IssuerFetch {
  return async (url) => {
    const deadline = new AbortController();
    const timer = setTimeout(
      () => deadline.abort(new IssuerError(`${url.href} did not answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    try {
      const response = await fetch(url, {
        headers: { accept: "application/json" },
        redirect: "manual",
        signal: AbortSignal.any([signal, deadline.signal]),
      });
      if (response.status !== 200) {
        await response.body?.cancel();
        throw new IssuerError(`${url.href} answered ${response.status}, expected 200`, { status: response.status });
      }
      return parseJson(await readBounded(response, url, bytesMax), url);
    } catch (error) {
      throw error instanceof IssuerError ? error : new IssuerError(`Cannot reach ${url.href}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  };
}

async function readBounded(response: Response, url: URL, bytesMax: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop early cancels the body, and with it the transfer.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) throw new IssuerError(`${url.href} answered more than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseJson(text: string, url: URL): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new IssuerError(`${url.href} answered no JSON`, { cause });
  }
}
