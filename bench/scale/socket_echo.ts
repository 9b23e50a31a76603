/** A WebSocket echo and nothing beside, to measure what a socket costs in Deno itself. It exists for bench/scale alone. */
const { addr } = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 30 });
  socket.onmessage = ({ data }) => socket.send(data);
  socket.onerror = () => {};
  return response;
});
// deno-lint-ignore no-console -- Whoever starts it reads the port.
console.log(`Listening on 127.0.0.1:${addr.port} \n`);
