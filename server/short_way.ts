import type { Admission } from "./admission.ts";
import type { Connection } from "./app_env.ts";
import type { Rule } from "./auth/access.ts";
import type { Gate } from "./auth/gate.ts";
import type { Door } from "./doors.ts";
import { createGathering } from "./gathering.ts";
import type { Guards } from "./headers.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { AnswerPost } from "./mcp_post.ts";
import type { Peers } from "./peers.ts";

export interface ShortWayOptions {
  /** That the route was declared with. */
  readonly rule: Rule;
  readonly door: Pick<Door, "admitsProgram">;
  readonly lifecycle: Pick<Lifecycle, "phase">;
  readonly admission: Admission;
  readonly gate: Gate;
  readonly peers: Pick<Peers, "addressOf">;
  readonly guards: Pick<Guards, "guard" | "reply">;
  readonly answerPost: AnswerPost;
  /** Of every reply: what it depends on, where pages of other origins may call. */
  readonly headers: Readonly<Record<string, string>>;
  readonly onFault: (error: unknown, path: string) => Response;
}

/** Answers a request; `undefined` where it is the router's, and nothing has been done. */
export type ShortWay = (request: Request, connection: Connection | undefined) => Promise<Response> | undefined;

const PATH = "/mcp";

/**
 * Messages that programs post, which most requests are, without the router: the same checks in the same order. What they
 * would refuse before the gate, and all that browsers send, is left to the router.
 */
export function createShortWay(options: ShortWayOptions): ShortWay {
  const { rule, door, lifecycle, admission, gate, peers, guards, answerPost, headers, onFault } = options;
  const gather = createGathering();

  async function answer(request: Request, connection: Connection | undefined, leave: () => void): Promise<Response> {
    try {
      const address = peers.addressOf(request, connection);
      await gather();
      const visitor = await gate.enter({ request, address, isUpgrade: false }, rule);
      const reply = visitor instanceof Response ? visitor : await answerPost({ request, address, visitor });
      if (!(reply instanceof Response)) return guards.reply(reply.text, reply.status, { ...reply.headers, ...headers });
      return guarded(reply);
    } catch (error) {
      return guarded(onFault(error, PATH));
    } finally {
      leave();
    }
  }

  function guarded(response: Response): Response {
    for (const [name, value] of Object.entries(headers)) response.headers.append(name, value);
    return guards.guard(response);
  }

  return (request, connection) => {
    if (request.method !== "POST" || !isPath(request.url) || !door.admitsProgram(request.headers)) return undefined;
    const leave = lifecycle.phase === "draining" ? undefined : admission.enter(connection?.completed);
    return leave && answer(request, connection, leave);
  };
}

/** Whether it is the path of an absolute URL that has nothing behind it. */
function isPath(url: string): boolean {
  return url.endsWith(PATH) && url.indexOf("/", url.indexOf("//") + 2) === url.length - PATH.length;
}
