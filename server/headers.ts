import type { MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";

/** A year, as browsers' preload lists ask for; other hosts of the domain are not this server's to speak for. */
const HSTS = "max-age=31536000";

/**
 * What a page of this server may load and talk to: its own files and its own host (`'self'` covers the WebSocket of the
 * same host and port: Content Security Policy 3, section 6.7.2.8). Text cannot become markup, no form is sent by the
 * browser itself, and no other page may frame it.
 */
const CONTENT_POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", "data:"],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
  requireTrustedTypesFor: ["'script'"],
  trustedTypes: ["'none'"],
};

/** What browsers would grant a page that was taken over. */
const REFUSED_FEATURES = {
  accelerometer: [],
  camera: [],
  displayCapture: [],
  geolocation: [],
  gyroscope: [],
  hid: [],
  magnetometer: [],
  microphone: [],
  midi: [],
  payment: [],
  serial: [],
  usb: [],
};

/**
 * Gives every response the headers that guard it in a browser; mount it outermost, so that refusals and errors have them
 * too. What sets no `cache-control` itself is not kept by anyone: most replies depend on who asks.
 *
 * @param publicUrl the URL that clients reach the server by; where it is https, browsers are told to insist on that
 */
export function createSecureHeaders({ publicUrl }: { readonly publicUrl: string | undefined }): MiddlewareHandler {
  const isHttps = publicUrl !== undefined && new URL(publicUrl).protocol === "https:";
  const guard = secureHeaders({
    contentSecurityPolicy: CONTENT_POLICY,
    permissionsPolicy: REFUSED_FEATURES,
    strictTransportSecurity: isHttps ? HSTS : false,
    xFrameOptions: "DENY",
    // For programs that are gone: Internet Explorer and Flash.
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  });
  return async (context, next) => {
    await next();
    // An upgrade's headers cannot be changed, and no page is made of it.
    if (context.res.status === 101) return;
    await guard(context, () => Promise.resolve());
    if (!context.res.headers.has("cache-control")) context.res.headers.set("cache-control", "no-store");
  };
}
