import type { IncomingMessage } from "node:http";
import { createServer } from "node:https";
import { json } from "node:stream/consumers";
import { type Certificates, makeCertificates, usualCertificates } from "./kubernetes/certificates.ts";
import { type Attributes, type Grant, type Identity, RECORDED_GRANTS, SUBJECTS } from "./kubernetes/access.ts";
import { type Answer, plain, recordedFailure } from "./kubernetes/answer.ts";
import { type Fault, respond } from "./kubernetes/faults.ts";
import { impersonated, type SeenHeaders } from "./kubernetes/impersonation.ts";
import { kubeconfigOf, type KubeconfigOptions } from "./kubernetes/kubeconfig.ts";
import { recordedLogs, recordedNow, type WorldLine } from "./kubernetes/logs.ts";
import { ObjectStore } from "./kubernetes/objects.ts";
import type { Recorded } from "./kubernetes/recorded.ts";
import { changeRoute } from "./kubernetes/patch.ts";
import { review, reviewedAttributes } from "./kubernetes/reviews.ts";
import { route } from "./kubernetes/routes.ts";
import { PodStream } from "./kubernetes/watch.ts";
import { recordedWorld } from "./kubernetes/world.ts";

/** A request that the API got. */
export interface SeenRequest {
  readonly method: string;
  readonly url: URL;
  readonly accept: string;
  readonly headers: SeenHeaders;
  /** Whose credentials came; `undefined` for a token that is not valid. */
  readonly identity: Identity | undefined;
  /** What a SelfSubjectAccessReview asks. */
  readonly reviewed: Attributes | undefined;
  /** How it ended: `dropped` when the client went away, or a fault broke it, before the whole answer was sent. */
  readonly ended: Promise<"answered" | "dropped">;
}

/** An HTTPS server that answers as the recorded cluster did. */
export interface KubernetesApi extends AsyncDisposable {
  /** `https://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  readonly certificates: Certificates;
  /** The service account's bearer token, valid now. */
  readonly token: string;
  /** All requests so far but reviews, oldest first. */
  readonly requests: readonly SeenRequest[];
  /** All that asked so far who they are or what they may do, oldest first. */
  readonly reviews: readonly SeenRequest[];
  /** TLS connections so far. */
  readonly connections: number;
  /** From now on another token is the valid one. */
  rotateToken(): string;
  /** Allows something from now on; at first, only what was allowed when the answers were recorded. */
  grant(...grants: readonly Grant[]): void;
  /** Takes all from a user or group. */
  revoke(from: string): void;
  /** Decides for each request but reviews whether something goes wrong with it; without an argument, nothing does. */
  interfere(decide?: (request: SeenRequest) => Fault | undefined): void;
  /** The same for reviews. */
  interfereWithReviews(decide?: (request: SeenRequest) => Fault | undefined): void;
  /** Gives a container another log; `previous` that of the run before. */
  setLog(namespace: string, pod: string, container: string, lines: readonly WorldLine[], previous?: boolean): void;
  /**
   * Puts objects of a kind beside the recorded ones, or in their place.
   *
   * @param resource `pods`, `deployments.apps`; a kind that was not recorded has no rows of its own but name and age
   */
  put(resource: string, ...objects: readonly Recorded[]): void;
  /** Takes a pod away. */
  removePod(namespace: string, name: string): void;
  /** The watches of pods that are open, and what befalls them. */
  readonly watches: Pick<PodStream, "open" | "bookmark" | "forget" | "drop" | "end">;
  /** Closes the connections that wait for a request, as a load balancer does. */
  closeIdleConnections(): void;
  /** A kubeconfig file of the admin. */
  readonly kubeconfigPath: string;
  kubeconfig(options?: KubeconfigOptions): string;
  /** Writes a kubeconfig. @returns its path. */
  kubeconfigFile(options?: KubeconfigOptions): Promise<string>;
  /** Writes a service account as it is mounted in a pod: `token` as it is now, `ca.crt`, `namespace`. */
  account(): Promise<{ readonly folder: string; readonly host: string; readonly port: string }>;
}

export interface KubernetesApiOptions {
  /** What the server's certificate is for, as openssl takes it; default 127.0.0.1 and localhost. */
  readonly serverNames?: string;
}

/** Starts the API on a free port of 127.0.0.1. */
export async function startKubernetesApi({ serverNames }: KubernetesApiOptions = {}): Promise<KubernetesApi> {
  const certificates = await (serverNames === undefined ? usualCertificates() : makeCertificates(serverNames));
  const folder = await Deno.makeTempDir({ prefix: "kubernetes-" });
  await Deno.writeTextFile(`${folder}/ca.crt`, certificates.authority);
  const world = recordedWorld();
  const logs = recordedLogs(world.namespaces.get("mcp-lab")?.map(({ object }) => object) ?? []);
  const now = recordedNow();
  const stream = new PodStream(world);
  const objects = new ObjectStore(world, now, stream);
  const requests: SeenRequest[] = [];
  const reviews: SeenRequest[] = [];
  let grants = RECORDED_GRANTS;
  let token = "token-1";
  let connections = 0;
  let files = 0;
  const nothing = (): Fault | undefined => undefined;
  let decide: (request: SeenRequest) => Fault | undefined = nothing;
  let decideOnReviews = decide;

  const server = createServer({
    key: certificates.server.key,
    cert: certificates.server.certificate,
    ca: certificates.authority,
    requestCert: true,
    rejectUnauthorized: false,
  }, async (request, response) => {
    const identity = identify(request, token);
    const { promise: ended, resolve } = Promise.withResolvers<"answered" | "dropped">();
    response.once("close", () => resolve(response.writableFinished ? "answered" : "dropped"));
    const isReview = request.method === "POST";
    const body = isReview || request.method === "PATCH" ? await json(request).catch(() => undefined) : undefined;
    const seen: SeenRequest = {
      method: request.method ?? "",
      url: new URL(request.url ?? "", `https://127.0.0.1:${port}`),
      accept: request.headers.accept ?? "*/*",
      headers: request.headersDistinct,
      identity,
      reviewed: reviewedAttributes(body),
      ended,
    };
    (isReview ? reviews : requests).push(seen);
    const fault = isReview ? decideOnReviews(seen) : decide(seen);
    const given = answer(seen, body);
    if (given !== undefined || fault) return respond(request, response, given ?? plain(new Uint8Array()), fault);
    stream.begin(seen.url, response);
  });
  /** `undefined` for a watch that may begin. */
  const answer = ({ identity, headers, url, accept, method }: SeenRequest, body: unknown): Answer | undefined => {
    if (identity === undefined) return recordedFailure("errors/401-bad-token.json");
    const subject = impersonated(headers, { subject: SUBJECTS[identity], grants });
    if ("status" in subject) return subject;
    const access = { subject, grants };
    if (method === "POST") return review(url.pathname, body, access);
    if (PodStream.isWatch(url)) return PodStream.refusal(url, access);
    const change = changeRoute(method, url, body, { objects, access });
    return change ?? route(url, accept, { world, objects, logs, now, access });
  };
  server.on("secureConnection", () => connections++);
  server.on("tlsClientError", () => {}); // A client that does not trust the server.
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject);
  server.listen(0, "127.0.0.1", () => listening.resolve());
  await listening.promise;
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port");
  const { port } = address;
  const url = `https://127.0.0.1:${port}`;

  const kubeconfig = (options: KubeconfigOptions = {}) =>
    JSON.stringify(kubeconfigOf(options, { url, certificates, token, folder }));
  const kubeconfigPath = `${folder}/kubeconfig`;
  await Deno.writeTextFile(kubeconfigPath, kubeconfig());
  return {
    url,
    port,
    kubeconfigPath,
    certificates,
    requests,
    reviews,
    get token() {
      return token;
    },
    get connections() {
      return connections;
    },
    rotateToken: () => token = `token-${Number(token.slice("token-".length)) + 1}`,
    grant: (...more) => grants = [...grants, ...more],
    revoke: (from) => grants = grants.filter(({ to }) => to !== from),
    interfere: (decision) => decide = decision ?? nothing,
    interfereWithReviews: (decision) => decideOnReviews = decision ?? nothing,
    setLog: (namespace, pod, container, lines, previous = false) => {
      logs.set(`${namespace}/${pod}/${container}${previous ? "/previous" : ""}`, lines);
    },
    put: (resource, ...given) => objects.put(resource, given),
    removePod: (namespace, name) => objects.removePod(namespace, name),
    watches: stream,
    closeIdleConnections: () => server.closeIdleConnections(),
    kubeconfig,
    async kubeconfigFile(options) {
      const path = `${folder}/kubeconfig-${++files}`;
      await Deno.writeTextFile(path, kubeconfig(options));
      return path;
    },
    async account() {
      const account = `${folder}/account-${++files}`;
      await Deno.mkdir(account);
      await Deno.writeTextFile(`${account}/ca.crt`, certificates.authority);
      await Deno.writeTextFile(`${account}/token`, token);
      await Deno.writeTextFile(`${account}/namespace`, "mcp-lab");
      return { folder: account, host: "127.0.0.1", port: String(port) };
    },
    async [Symbol.asyncDispose]() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
      await Promise.all([...requests, ...reviews].map(({ ended }) => ended));
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** By bearer token, else by client certificate; `undefined` for a token that is not valid. */
function identify(request: IncomingMessage, token: string): Identity | undefined {
  const { authorization } = request.headers;
  if (authorization !== undefined) return authorization === `Bearer ${token}` ? "serviceaccount" : undefined;
  // The socket of an HTTPS server is a TLS socket; @types/node does not say so here.
  const socket = request.socket as unknown as { readonly authorized: boolean };
  return socket.authorized ? "admin" : "anonymous";
}
