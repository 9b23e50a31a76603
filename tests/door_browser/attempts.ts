import type { Page } from "playwright-core";

const POSTS = ["fetch-text", "fetch-json", "fetch-no-cors", "form", "beacon-text", "beacon-json"] as const;
const SOCKETS = ["socket", "socket-mcp"] as const;

/** A way in which a web page may try to drive a server: to set a context value, or to spend of a limit. */
export interface Attempt {
  /** Also the context key that it tries to set. */
  readonly name: string;
  readonly kind: typeof POSTS[number] | typeof SOCKETS[number] | "get";
  readonly path: "/mcp" | "/test/ctx" | "/test/rate-limit";
}

export const ATTEMPTS: readonly Attempt[] = [
  ...SOCKETS.map((kind) => toAttempt(kind, "/mcp")),
  ...POSTS.flatMap((kind) => [toAttempt(kind, "/mcp"), toAttempt(kind, "/test/ctx")]),
  toAttempt("get", "/test/rate-limit"),
];

function toAttempt(kind: Attempt["kind"], path: Attempt["path"]): Attempt {
  return { name: `${kind}:${path}`, kind, path };
}

/** What the page learns: that it is done, that it is refused, or nothing. */
export type Outcome = "done" | "refused" | "unseen";

// It runs in the page, as text: what it is made of is the browser's.
const PERFORM = `
  async ({ kind, url, message }) => {
    const ask = (options) => fetch(url, options).then(
      (response) => response.type === "opaque" ? "unseen" : response.ok ? "done" : "refused",
      () => "refused",
    );
    const post = (type) => ask({ method: "POST", body: message, headers: { "content-type": type } });
    const socket = (protocols) => new Promise((resolve) => {
      const socket = new WebSocket(url.replace(/^http/, "ws"), protocols);
      socket.onopen = () => socket.send(message);
      socket.onmessage = () => { resolve("done"); socket.close(); };
      socket.onclose = () => resolve("refused");
    });
    switch (kind) {
      case "socket":
        return await socket([]);
      case "socket-mcp":
        return await socket(["mcp"]);
      case "fetch-text":
        return await post("text/plain");
      case "fetch-json":
        return await post("application/json");
      case "fetch-no-cors":
        return await ask({ method: "POST", body: message, mode: "no-cors" });
      case "get":
        return await ask({ mode: "no-cors" });
      case "form": {
        const frame = document.createElement("iframe");
        frame.name = url;
        const form = document.createElement("form");
        Object.assign(form, { method: "post", action: url, enctype: "text/plain", target: url });
        // What is sent is the field's name, an equals sign and its value: the sign is within a text of the JSON.
        const middle = message.indexOf("=");
        const field = document.createElement("input");
        Object.assign(field, { name: message.slice(0, middle), value: message.slice(middle + 1) });
        form.append(field);
        document.body.append(frame, form);
        form.submit();
        return "unseen";
      }
      case "beacon-text":
        navigator.sendBeacon(url, message);
        return "unseen";
      case "beacon-json":
        navigator.sendBeacon(url, new Blob([message], { type: "application/json" }));
        return "unseen";
    }
  }`;

/** Has the page make an attempt on the server at `url`. What it learns nothing of may arrive later. */
export async function perform(page: Page, url: string, { kind, path, name }: Attempt): Promise<Outcome> {
  const args = { key: name, value: "=" };
  const message = path === "/mcp" ? { jsonrpc: "2.0", id: 1, method: "ctx.set", params: args } : args;
  const given = { kind, url: `${url}${path}`, message: JSON.stringify(message) };
  return await page.evaluate(`(${PERFORM})(${JSON.stringify(given)})`);
}

/** Has the page make all attempts. @returns what it learns of each, by name */
export async function performAll(page: Page, url: string): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  for (const attempt of ATTEMPTS) outcomes.set(attempt.name, await perform(page, url, attempt));
  return outcomes;
}
