import type { MiddlewareHandler } from "hono";

/** A year, as browsers' preload lists ask for; other hosts of the domain are not this server's to speak for. */
const HSTS = "max-age=31536000";

/**
 * What a page of this server may load and talk to: its own files and its own host (`'self'` covers the WebSocket of the
 * same host and port: Content Security Policy 3, section 6.7.2.8). Text cannot become markup, no form is sent by the
 * browser itself, and no other page may frame it.
 */
const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
];

/** What browsers would grant a page that was taken over. */
const REFUSED_FEATURES = [
  ...["accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "hid"],
  ...["magnetometer", "microphone", "midi", "payment", "serial", "usb"],
];

/** Most replies depend on who asks. */
const NOT_KEPT = { "cache-control": "no-store" };

/** The headers of every response that a page could be made of, in which only `strict-transport-security` depends on settings. */
const GUARDS = [
  ["content-security-policy", CONTENT_POLICY.join("; ")],
  ["permissions-policy", REFUSED_FEATURES.map((feature) => `${feature}=()`).join(", ")],
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
  ["referrer-policy", "no-referrer"],
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-resource-policy", "same-origin"],
  ["origin-agent-cluster", "?1"],
  ["x-dns-prefetch-control", "off"],
] as const;

/** What guards the responses of a server. */
export interface Guards {
  /** Guards what the routes answer; mount it outermost, so that refusals and errors are guarded too. */
  readonly around: MiddlewareHandler;
  /**
   * Gives a response the headers that guard it in a browser. What sets no `cache-control` itself is not kept by anyone: most
   * replies depend on who asks.
   */
  readonly guard: (response: Response) => Response;
  /**
   * A whole reply to a program, with the headers that guard it and no others: it is no browser that asks, so that no page,
   * frame or window is made of it.
   */
  readonly reply: (text: string, status: number, headers: Readonly<Record<string, string>>) => Response;
}

/** @param publicUrl the URL that clients reach the server by; where it is https, browsers are told to insist on that */
export function createGuards({ publicUrl }: { readonly publicUrl: string | undefined }): Guards {
  const isHttps = publicUrl !== undefined && new URL(publicUrl).protocol === "https:";
  const insist = isHttps ? [["strict-transport-security", HSTS] as const] : [];
  const guards = [...GUARDS, ...insist];
  const ofReplies = { ...NOT_KEPT, "x-content-type-options": "nosniff", ...Object.fromEntries(insist) };

  function guard(response: Response): Response {
    const { headers, status } = response;
    // An upgrade's headers cannot be changed, and no page is made of it.
    if (status === 101) return response;
    for (const [name, value] of guards) headers.set(name, value);
    if (!headers.has("cache-control")) headers.set("cache-control", NOT_KEPT["cache-control"]);
    return response;
  }

  return {
    guard,
    async around(context, next) {
      await next();
      guard(context.res);
    },
    // All at once: the platform prepares a response as it is made, and anew for what is set later.
    reply: (text, status, headers) => new Response(text, { status, headers: { ...ofReplies, ...headers } }),
  };
}
