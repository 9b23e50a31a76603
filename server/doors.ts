import type { MiddlewareHandler } from "hono";
import { builtInRedactor, type Redactor } from "../tools/redact.ts";

const ERROR_CHARS_MAX = 512;

export interface DoorOptions {
  /** Whether the server is bound to this machine alone: then only this machine's names are accepted. */
  readonly loopback: boolean;
  /** Further Host headers, without port; `*` = any. */
  readonly allowedHosts: readonly string[];
  /** Further origins whose pages may call. */
  readonly allowedOrigins: readonly string[];
  readonly onRefusal: (reason: "host" | "origin") => void;
  /** Of what is repeated of a refused request; the built-in one where left out. */
  readonly redactor?: Redactor;
}

/** The door of every route. */
export interface Door {
  /** Refuses what may not come in. */
  readonly around: MiddlewareHandler;
  /** Whether a request is a program's, and names a host that is served: it may come in. */
  readonly admitsProgram: (headers: Headers) => boolean;
}

/** Header that browsers put to what their pages ask for, and programs do not. */
const OF_BROWSERS = ["origin", "sec-fetch-site"];

/**
 * The door of every route. A page of another site cannot drive the server: its Origin is refused; nor can one whose
 * name was rebound to this address: its Host is. Programs send no Origin and pass.
 */
export function createDoor(
  { loopback, allowedHosts, allowedOrigins, onRefusal, redactor = builtInRedactor }: DoorOptions,
): Door {
  const hosts = new Set(allowedHosts.map((name) => name.toLowerCase()));
  const origins = new Set(allowedOrigins);

  function isHostAllowed(host: string): boolean {
    const name = hostName(host);
    return isLoopbackName(name) || hosts.has(name) || hosts.has("*") || (!loopback && isUnrebindable(name));
  }

  function isOriginAllowed(origin: string | undefined, host: string): boolean {
    if (origin === undefined || origins.has(origin)) return true;
    // The server's own page: same host and port. Behind a proxy that ends TLS the schemes differ.
    return /^https?:/i.test(origin) && URL.canParse(origin) && new URL(origin).host === host;
  }

  /** It tells what the peer sent as its Host or Origin, as little as it is one. */
  function refuse(error: string): Response {
    return Response.json({ error: redactor.redactText(error).slice(0, ERROR_CHARS_MAX) }, { status: 403 });
  }

  // Programs name the same host again and again.
  let lastHost: string | undefined;

  function admitsProgram(headers: Headers): boolean {
    const host = headers.get("host");
    if (host === null || OF_BROWSERS.some((name) => headers.has(name))) return false;
    if (host === lastHost) return true;
    const isAllowed = isHostAllowed(host.toLowerCase());
    if (isAllowed) lastHost = host;
    return isAllowed;
  }

  const around: MiddlewareHandler = async (context, next) => {
    // HTTP/2 has it in the URL alone.
    const host = (context.req.header("host") ?? new URL(context.req.url).host).toLowerCase();
    if (!isHostAllowed(host)) {
      onRefusal("host");
      return refuse(`Host ${JSON.stringify(host)} is not served here: the operator can add it to ALLOWED_HOSTS`);
    }
    const origin = context.req.header("origin");
    // Browsers send no Origin where a page loads this as an image, a script or the like. Another port of this machine
    // is "same-site". A link that is followed to here is fine.
    const isForeign = ["cross-site", "same-site"].includes(context.req.header("sec-fetch-site") ?? "none");
    const isNavigation = context.req.header("sec-fetch-mode") === "navigate";
    if (!isOriginAllowed(origin, host) || (origin === undefined && isForeign && !isNavigation)) {
      onRefusal("origin");
      const from = JSON.stringify(origin ?? "another site");
      return refuse(`Pages of ${from} may not call this server: the operator can add it to ALLOWED_ORIGINS`);
    }
    return await next();
  };
  return { around, admitsProgram };
}

/** `localhost:9000` → `localhost`, `[::1]:9000` → `[::1]`. */
function hostName(host: string): string {
  return host.replace(/:\d+$/, "");
}

function isLoopbackName(name: string): boolean {
  return name === "localhost" || name === "[::1]" || /^127(\.\d{1,3}){3}$/.test(name);
}

/** Names that nobody outside can point here: IP addresses, single labels, and a cluster's own names. */
function isUnrebindable(name: string): boolean {
  return /^\[[\da-f:.]+\]$/.test(name) || /^\d{1,3}(\.\d{1,3}){3}$/.test(name) || /^[a-z\d-]+$/.test(name) ||
    /^[a-z\d.-]+\.svc(\.cluster\.local)?$/.test(name);
}
