import { Hono } from "hono";

/** This server as OAuth clients know it (RFC 9728). */
export interface ProtectedResource {
  /** Its identifier, which access tokens are meant for unless the operator says otherwise. */
  readonly resource: string;
  /** URL of its metadata, for challenges. */
  readonly metadataUrl: string;
}

export interface ProtectedResourceOptions {
  /** URL that clients reach the server by. */
  readonly publicUrl: string;
  readonly issuer: string;
  /** What every access token must be granted. */
  readonly scopes: readonly string[];
}

const WELL_KNOWN = "/.well-known/oauth-protected-resource";
/** Clients ask once a connection: a change of settings is seen soon. */
const CACHE_SECONDS = 300;

/** Names this server by the URL that clients reach it by. */
export function protectedResourceOf(publicUrl: string): ProtectedResource {
  const base = baseOf(publicUrl);
  return { resource: `${base}/mcp`, metadataUrl: `${base}${WELL_KNOWN}/mcp` };
}

/**
 * The metadata of the protected resource, to be mounted at `/`: open to everyone, and to every page, since it says where
 * to sign in. Nothing else may be read across origins.
 */
export function protectedResourceRoutes({ publicUrl, issuer, scopes }: ProtectedResourceOptions): Hono {
  const document = {
    resource: protectedResourceOf(publicUrl).resource,
    authorization_servers: [issuer],
    ...(scopes.length > 0 && { scopes_supported: scopes }),
    bearer_methods_supported: ["header"],
    resource_name: "MCP operations server",
    resource_documentation: `${baseOf(publicUrl)}/dashboard`,
  };
  const routes = new Hono();
  for (const path of PROTECTED_RESOURCE_PATHS) {
    routes.get(path, (context) =>
      context.json(document, 200, {
        "access-control-allow-origin": "*",
        "cache-control": `public, max-age=${CACHE_SECONDS}`,
      }));
  }
  return routes;
}

/** Where the metadata is: of the server's root, for clients that ask there, and of `/mcp`. */
export const PROTECTED_RESOURCE_PATHS: readonly string[] = [WELL_KNOWN, `${WELL_KNOWN}/mcp`];

/** Without a slash at its end, a query or credentials. */
function baseOf(publicUrl: string): string {
  const { origin, pathname } = new URL(publicUrl);
  return `${origin}${pathname.replace(/\/+$/, "")}`;
}
