/** The limit of the platform: a WebSocket and an HTTP echo that do nothing else. It exists for bench/main.ts alone. */
Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  // deno-lint-ignore no-console -- It says where it is.
  onListen: ({ port }) => console.log(`Listening on 127.0.0.1:${port}`),
}, async (request) => {
  if (request.headers.get("upgrade") !== "websocket") {
    return new Response(await request.text(), { headers: { "content-type": "application/json" } });
  }
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.onmessage = ({ data }) => socket.send(data);
  return response;
});
