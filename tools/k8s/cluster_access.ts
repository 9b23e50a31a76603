import { Buffer } from "node:buffer";
import type { RequestOptions } from "node:https";
import type { KubeConfig } from "@kubernetes/client-node";
import { ToolError } from "../error.ts";
import type { ClusterSource } from "./cluster_source.ts";
import { configurationHint, loadKubeConfig, messageOf } from "./kube_config.ts";

/** What one request to the API is made with. */
export interface Access {
  /** URL that paths are appended to. */
  readonly server: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly client: Deno.HttpClient;
  /** What it was taken from: tells credentials that are still in use from those that were renewed meanwhile. */
  readonly loaded: Promise<KubeConfig>;
}

/** What a header may be of: no control character, and nothing beyond Latin-1. */
// deno-lint-ignore no-control-regex -- they are what it is about
const SENDABLE = /^[^\x00-\x08\x0a-\x1f\x7f\u0100-\uffff]*$/;

/** Credentials and connections to one cluster, loaded on first use and kept. */
export class ClusterAccess implements Disposable {
  readonly #source: ClusterSource;
  #loaded: Promise<KubeConfig> | undefined;
  #opening: Promise<Access> | undefined;
  #client: { readonly key: string; readonly client: Deno.HttpClient } | undefined;
  #closed = false;

  constructor(source: ClusterSource) {
    this.#source = source;
  }

  /**
   * Certificates, keys and tokens as they are now: files are read and plug-ins asked again as they expire.
   *
   * @throws {ToolError} `unavailable` when they cannot be had.
   */
  open(): Promise<Access> {
    // Requests at once share one answer: a plug-in is a program to run, and may hang.
    const opening = this.#opening ??= this.#open().finally(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    return opening;
  }

  /** Forgets the credentials that the API refused. @returns whether `open` may find others now. */
  renew(refused: Access): boolean {
    if (this.#source.kind === "url") return false;
    // Several requests may be refused at once: only the first one's loss is a loss.
    if (refused.loaded === this.#loaded) this.#loaded = this.#opening = undefined;
    return true;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#client?.client.close();
    this.#client = undefined;
  }

  async #open(): Promise<Access> {
    const loaded = this.#loaded ??= this.#load();
    const config = await loaded;
    const server = config.getCurrentCluster()?.server ?? ""; // Loading has made sure of it.
    const options: RequestOptions = {};
    try {
      await config.applyToHTTPSOptions(options);
      const client = this.#clientFor(options, config.getCurrentCluster()?.proxyUrl);
      return { server, client, loaded, headers: headersOf(options) };
    } catch (cause) {
      throw new ToolError("unavailable", `Cannot get credentials for the Kubernetes API: ${messageOf(cause)}`, {
        hint: configurationHint(this.#source),
        cause,
      });
    }
  }

  async #load(): Promise<KubeConfig> {
    try {
      return await loadKubeConfig(this.#source);
    } catch (error) {
      this.#loaded = undefined; // A file that is missing now may be there at the next call.
      throw error;
    }
  }

  /** One client, and so one pool of connections, as long as the certificates stay the same. */
  #clientFor({ ca, cert, key }: RequestOptions, proxyUrl: string | undefined): Deno.HttpClient {
    if (this.#closed) throw new Error("The connection to the cluster is closed");
    const pem = { ca: textOf(ca), cert: textOf(cert), key: textOf(key) };
    const cacheKey = JSON.stringify([pem, proxyUrl]);
    if (this.#client?.key === cacheKey) return this.#client.client;
    const client = Deno.createHttpClient({
      // HTTP/2 would put all requests on one connection, and one that has died unseen would then take every request
      // with it until the system gives it up. Over HTTP/1.1 a request that is given up takes its connection along.
      http2: false,
      ...(pem.ca !== undefined && { caCerts: [pem.ca] }),
      ...(pem.cert !== undefined && pem.key !== undefined && { cert: pem.cert, key: pem.key }),
      ...(proxyUrl !== undefined && { proxy: { url: proxyUrl } }),
    });
    this.#client?.client.close(); // Requests that still run on it come to their end.
    this.#client = { key: cacheKey, client };
    return client;
  }
}

function textOf(pem: unknown): string | undefined {
  if (typeof pem === "string") return pem;
  return pem instanceof Uint8Array ? new TextDecoder().decode(pem) : undefined;
}

function headersOf({ headers, auth }: RequestOptions): Record<string, string> {
  const given = Object.entries(headers ?? {}).map(([name, value]) => [name, checked(name, String(value).trim())]);
  return {
    ...(typeof auth === "string" && { Authorization: `Basic ${Buffer.from(auth).toString("base64")}` }),
    ...Object.fromEntries(given),
  };
}

/** fetch would refuse it too, and repeat it in its error: a token may be read from any file. */
function checked(name: string, value: string): string {
  if (SENDABLE.test(value)) return value;
  throw new Error(`Header ${name} has a line break or another character that cannot be sent`);
}
