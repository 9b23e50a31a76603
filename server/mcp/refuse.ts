/** Turns an HTTP request away: a JSON-RPC error without an id, for nothing of it was read as a request. */
export function refuse(status: number, message: string, headers: Record<string, string> = {}): Response {
  return Response.json({ jsonrpc: "2.0", error: { code: -32600, message } }, { status, headers });
}
