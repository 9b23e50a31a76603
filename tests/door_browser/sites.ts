/** An empty page; without the icon a browser would ask for one. */
const PAGE = '<!doctype html><link rel="icon" href="data:,"><title>Another site</title>';

/** A web site on a port of its own. */
export interface Site extends AsyncDisposable {
  readonly port: number;
  /** Its address by a name that leads to 127.0.0.1. */
  url(name: string, path?: string): string;
}

/** Starts a site whose every path is an empty page; that of `/sandbox` has no origin. */
export function startSite(): Site {
  const listener = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const isSandboxed = new URL(request.url).pathname === "/sandbox";
    const headers = { "content-type": "text/html" };
    const policy = { "content-security-policy": "sandbox allow-scripts allow-forms" };
    return new Response(PAGE, { headers: isSandboxed ? { ...headers, ...policy } : headers });
  });
  return {
    port: listener.addr.port,
    url: (name, path = "/") => `http://${name}:${listener.addr.port}${path}`,
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  };
}

/** A server that takes whatever comes, from every origin. */
export interface OpenServer extends AsyncDisposable {
  readonly url: string;
  /** The names of the attempts that came through, once there are so many. @throws after 10 s */
  taken(count: number): Promise<readonly string[]>;
}

export function startOpenServer(): OpenServer {
  const names: string[] = [];
  const waiting = new Set<() => void>();
  const take = (name: string) => {
    names.push(name);
    waiting.forEach((check) => check());
  };
  const takeMessage = (message: string) => {
    const { params, key } = JSON.parse(message);
    take(params?.key ?? key);
  };
  const listener = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    if (request.headers.get("upgrade") === "websocket") {
      const protocol = request.headers.get("sec-websocket-protocol");
      const { socket, response } = Deno.upgradeWebSocket(request, protocol === null ? {} : { protocol });
      socket.onmessage = ({ data }) => {
        takeMessage(String(data));
        socket.send("{}");
      };
      return response;
    }
    if (request.method === "POST") takeMessage(await request.text());
    if (request.method === "GET") take(`get:${new URL(request.url).pathname}`);
    return new Response(null, {
      status: 204,
      headers: {
        "access-control-allow-origin": request.headers.get("origin") ?? "*",
        "access-control-allow-credentials": "true",
        "access-control-allow-headers": "content-type",
      },
    });
  });
  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    async taken(count) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const check = () => names.length >= count && resolve();
      const timer = setTimeout(() => reject(new Error(`Of ${count} only these came: ${names.join(", ")}`)), 10_000);
      waiting.add(check);
      check();
      try {
        await promise;
      } finally {
        clearTimeout(timer);
      }
      return names;
    },
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  };
}
