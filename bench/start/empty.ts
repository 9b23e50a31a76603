/** The least that a server can be: what Deno itself takes to start. It exists for bench/start.ts alone. */
const { addr } = Deno.serve(
  { hostname: "127.0.0.1", port: Number(Deno.env.get("PORT")), onListen: () => {} },
  () => Response.json({ jsonrpc: "2.0", id: 1, result: { value: null } }),
);
// deno-lint-ignore no-console -- As the product does.
console.log(`Listening on ${addr.hostname}:${addr.port}`);
