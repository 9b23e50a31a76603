import type { Context, Env, Hono, MiddlewareHandler } from "hono";
import { Hono as Routes } from "hono";
import { matchedRoutes } from "hono/route";
import type { RouterRoute } from "hono/types";
import type { Door } from "../../tools/authorizer.ts";

/**
 * Who may use a route.
 *
 * - `open`: everyone; no credential is looked at.
 * - `glance`: everyone; who shows a credential is checked, and told more.
 * - `call`: who may call tools at all.
 * - a door: who has the right to it.
 */
export type Access = "open" | "glance" | "call" | Door;

/** A route's declared rule. */
export interface Rule {
  readonly access: Access;
  /** Whether the session's cookie of the dashboard is a credential here. */
  readonly session: boolean;
}

/** Lets a request in, by giving nothing, or answers it. */
export type Enter<E extends Env> = (context: Context<E>, rule: Rule) => Promise<Response | undefined>;

/** What was declared; `around` is middleware that answers nothing by itself but refusals. */
const rules = new WeakMap<RouterRoute, Rule | "around">();

/** The rule that a route of an app was declared with; `undefined` where it was not. */
export function ruleOf(route: RouterRoute): Rule | "around" | undefined {
  return rules.get(route);
}

/** The one way to give an app its routes: none is reached but by who may use it. */
export class AccessRules<E extends Env> {
  readonly #app: Hono<E>;
  readonly #enter: Enter<E>;

  constructor(app: Hono<E>, enter: Enter<E>) {
    this.#app = app;
    this.#enter = enter;
  }

  /** Declares what `register` registers; where routes overlap, each asks for its own right as the request reaches it. */
  declare(access: Access, register: (routes: Hono<E>) => void, { session = false } = {}): void {
    const rule: Rule = { access, session };
    const part = new Routes<E>();
    register(part);
    for (const { method, path, handler } of part.routes) {
      const guarded: MiddlewareHandler<E> = async (context, next) =>
        await this.#enter(context, rule) ?? await handler(context, next);
      this.#app.on(method, path, guarded);
      this.#remember(rule);
    }
  }

  /** Declares middleware for a path: it may refuse, and answers nothing else. */
  around(path: string, middleware: MiddlewareHandler<E>): void {
    this.#app.use(path, middleware);
    this.#remember("around");
  }

  #remember(rule: Rule | "around"): void {
    const route = this.#app.routes.at(-1);
    if (route) rules.set(route, rule);
  }
}

/**
 * Refuses every request that a route without a rule could answer: it was registered by another way than AccessRules, and
 * nobody has said who may use it. Mount it first.
 */
export function refuseUndeclared<E extends Env>(onRefusal: (context: Context<E>) => void): MiddlewareHandler<E> {
  return async (context, next) => {
    if (matchedRoutes(context).every((route) => rules.has(route))) return await next();
    onRefusal(context);
    return context.json({ error: "Nobody may use this route: it has no access rule" }, 403);
  };
}
