/** Opens a WebSocket whose handshake has headers. Deno's takes them; types that packages bring along do not know it. */
export function socketWithHeaders(
  url: string,
  headers: Readonly<Record<string, string>>,
  protocols: readonly string[] = [],
): WebSocket {
  const Socket = WebSocket as unknown as new (
    url: string,
    options: { readonly headers: HeadersInit; readonly protocols: readonly string[] },
  ) => WebSocket;
  return new Socket(url, { headers, protocols });
}
