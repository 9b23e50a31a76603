import { Hono } from "hono";
import type { Authorizer } from "../../tools/authorizer.ts";
import type { Tool } from "../../tools/tool.ts";
import type { AppEnv } from "../app_env.ts";
import type { Peers } from "../peers.ts";
import { describeToConsole } from "./tools.ts";

export interface ConsoleRoutesOptions {
  readonly tools: readonly Tool[];
  readonly authorizer: Pick<Authorizer, "mayList" | "mayEnter">;
  readonly peers: Pick<Peers, "peerOf">;
}

/**
 * What the console's pages ask for beside their calls of tools; mount it at `/dashboard/api`, behind the door
 * `dashboard`, where the session is a credential. Each answer holds what the caller may see, and no more.
 */
export function createConsoleRoutes({ tools, authorizer, peers }: ConsoleRoutesOptions): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  const described = tools.map((tool) => ({ tool, description: describeToConsole(tool) }));

  routes.get("/tools", (context) => {
    const { principal } = peers.peerOf(context);
    const mine = described.filter(({ tool }) => authorizer.mayList(principal, tool));
    return context.json({ tools: mine.map(({ description }) => description) });
  });

  return routes;
}
