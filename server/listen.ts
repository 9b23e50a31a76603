import type { Server } from "./build.ts";
import type { Log } from "./log.ts";

/**
 * Listens for HTTP.
 *
 * @param port 0 = any free one; the listener's `addr` tells which. A platform that serves by an address of its own says
 * so to Deno (`DENO_SERVE_ADDRESS`), which then listens there, be it no host and port at all
 * @throws {Error} naming the address and why it cannot be had.
 */
export function listen(hostname: string, port: number, fetch: Server["fetch"]): Deno.HttpServer<Deno.Addr> {
  try {
    return Deno.serve({ hostname, port, onListen: () => {} }, fetch);
  } catch (cause) {
    const reason = cause instanceof Deno.errors.AddrInUse
      ? "another program uses this port, set PORT to a free one"
      : cause instanceof Error
      ? cause.message
      : String(cause);
    throw new Error(`Cannot listen on ${printHostAndPort({ hostname, port })}: ${reason}`, { cause });
  }
}

/** Says in the guide's words that the server is there. */
export function announce(log: Log, tools: number, address: Deno.Addr): void {
  log.info(`Registered ${tools} tools`);
  log.info("WebSocket endpoint ready: /mcp");
  log.info("Dashboard available: /dashboard");
  log.info(`Listening on ${printAddress(address)}`);
}

/** `127.0.0.1:9000`, `[::1]:9000`, `unix:/run/mcp.sock`, `vsock:3:9000`. */
export function printAddress(address: Deno.Addr): string {
  if ("hostname" in address) return printHostAndPort(address);
  return "path" in address ? `unix:${address.path}` : `vsock:${address.cid}:${address.port}`;
}

function printHostAndPort({ hostname, port }: { readonly hostname: string; readonly port: number }): string {
  return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}
