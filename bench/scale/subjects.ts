import { startServer } from "../../tests/services/server.ts";

/** A server that is measured, in a process of its own. */
export interface Subject extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly socketUrl: string;
  readonly pid: number;
}

/** The product, without limits of calls. */
export function startProduct(settings: Readonly<Record<string, string>>): Promise<Subject> {
  return startServer({ RATE_LIMIT_PER_MINUTE: "0", ADDRESS_LIMIT_PER_MINUTE: "0", ...settings });
}

/** A WebSocket echo in Deno with nothing beside: the limit of the platform. */
export function startSocketEcho(): Promise<Subject> {
  return startServer({}, "bench/scale/socket_echo.ts");
}
