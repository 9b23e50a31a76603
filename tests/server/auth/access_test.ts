import assert from "node:assert/strict";
import { Hono } from "hono";
import { AccessRules, refuseUndeclared, type Rule, ruleOf } from "../../../server/auth/access.ts";
import { startEdge } from "../edge.ts";
import { startGuardedEdge } from "./guard.ts";

/** Routes without a rule, as a reader of the code would write them. */
const undeclaredIn = (app: { readonly routes: Hono["routes"] }) =>
  app.routes.filter((route) => ruleOf(route) === undefined).map(({ method, path }) => `${method} ${path}`);

Deno.test("every route of the server has a rule that says who may use it", async () => {
  for (const start of [startEdge, startGuardedEdge]) {
    await using edge = await start();
    assert.deepEqual(undeclaredIn(edge.app.router), []);
    const rules = edge.app.router.routes.map((route) => ({ path: route.path, rule: ruleOf(route) }));
    for (const path of ["/mcp", "/ws-ticket", "/health", "/metrics", "/live", "/ready", "/dashboard", "/test/ctx"]) {
      assert(rules.some((one) => one.path === path && typeof one.rule === "object"), path);
    }
  }
});

Deno.test("only what says nothing of anybody is open", async () => {
  await using edge = await startGuardedEdge();
  const open = edge.app.router.routes.filter((route) => {
    const rule = ruleOf(route);
    return typeof rule === "object" && rule.access === "open";
  });
  const paths = new Set(open.map(({ method, path }) => `${method} ${path}`));
  assert.deepEqual([...paths], ["GET /live", "GET /ready", "GET /", "GET /dashboard"]);
});

Deno.test("a route that is registered by another way is found, and refused to everyone", async () => {
  await using edge = await startEdge();
  // Before the first request, as a careless change would do it.
  edge.app.router.get("/audit", (context) => context.text("all records"));
  edge.app.router.route("/v2", new Hono().post("/calls", (context) => context.text("called")));
  assert.deepEqual(undeclaredIn(edge.app.router), ["GET /audit", "POST /v2/calls"]);
  for (const [method, path] of [["GET", "/audit"], ["HEAD", "/audit"], ["POST", "/v2/calls"]]) {
    const response = await fetch(`${edge.url}${path}`, { method: method ?? "" });
    assert.equal(response.status, 403, `${method} ${path}`);
    assert(!(await response.text()).includes("all records"));
  }
  assert.match(edge.lines[0] ?? "", /^ERROR: A route has no access rule path="\/audit"/);
  assert.match(await edge.metrics.print(), /mcp_refusals_total\{reason="undeclared_route"\} 3\n/);
});

/** An app whose visitors have the rights that `x-rights` lists. */
function ruled() {
  const app = new Hono();
  const asked: string[] = [];
  const rules = new AccessRules(app, (context, { access }: Rule) => {
    asked.push(access);
    const rights = (context.req.header("x-rights") ?? "").split(" ");
    return Promise.resolve(rights.includes(access) ? undefined : context.text(`needs ${access}`, 403));
  });
  const ask = async (path: string, rights = "", method = "GET") => {
    const response = await app.request(path, { method, headers: { "x-rights": rights } });
    return `${response.status} ${await response.text()}`;
  };
  return { app, asked, rules, ask };
}

Deno.test("all that is declared together asks for the same right: sub-apps, their middleware, every method", async () => {
  const { rules, ask } = ruled();
  const page = new Hono();
  page.use(async (context, next) => {
    await next();
    context.header("x-page", "1");
  });
  page.get("/", (context) => context.text("page"));
  rules.declare("dashboard", (routes) => routes.route("/page", page));
  rules.declare("metrics", (routes) => {
    routes.on(["GET", "POST"], ["/a", "/b"], (context) => context.text("a"));
    routes.all("/c", (context) => context.text("c"));
  });
  for (const [method, path] of [["GET", "/a"], ["POST", "/b"], ["DELETE", "/c"], ["OPTIONS", "/c"], ["HEAD", "/a"]]) {
    assert.match(await ask(path ?? "", "dashboard", method), /^403 /, `${method} ${path}`);
    assert.match(await ask(path ?? "", "metrics", method), /^200 /, `${method} ${path}`);
  }
  assert.equal(await ask("/page", "metrics"), "403 needs dashboard");
  assert.equal(await ask("/page", "dashboard"), "200 page");
  // The middleware of a mount is part of it: nobody learns there what there is not.
  assert.equal(await ask("/page/nothing", ""), "403 needs dashboard");
});

Deno.test("where rules overlap, what answers first is what is asked for, and what is behind it asks again", async () => {
  const { rules, ask, asked } = ruled();
  rules.declare("open", (routes) => routes.get("/page/session", (context) => context.text("sign in")));
  rules.declare("dashboard", (routes) => routes.all("/page/*", (context) => context.text("page")));
  rules.declare("call", (routes) => routes.get("/through", async (_, next) => await next()));
  rules.declare("audit", (routes) => routes.get("/through", (context) => context.text("records")));
  assert.equal(await ask("/page/session", "open"), "200 sign in");
  assert.equal(await ask("/page/other", "open"), "403 needs dashboard");
  assert.equal(await ask("/through", "call"), "403 needs audit");
  assert.equal(await ask("/through", "call audit"), "200 records");
  assert.deepEqual(asked.slice(-2), ["call", "audit"]);
});

Deno.test("a route without a rule is refused before anything declared around it runs", async () => {
  const { app, rules, ask } = ruled();
  const refused: string[] = [];
  rules.around("*", refuseUndeclared((context) => refused.push(context.req.path)));
  rules.declare("open", (routes) => routes.get("/*", (context) => context.text("open")));
  app.get("/open", (context) => context.text("undeclared"));
  assert.equal(await ask("/elsewhere", "open"), "200 open");
  assert.match(await ask("/open", "open"), /^403 .*no access rule/);
  assert.deepEqual(refused, ["/open"]);
});
