const SHARED_KEYS = 16;

/**
 * The request of a call, with its marker among the arguments: mostly reads, some writes, and a few that must be refused
 * and put on record as such.
 */
export function requestText(call: number, marker: string): string {
  return JSON.stringify({ jsonrpc: "2.0", id: call, ...request(call, marker) });
}

function request(call: number, marker: string) {
  switch (call % 40) {
    case 7:
      return { method: "mcp.tools.call", params: { name: "no.such.tool", args: { key: marker } } };
    case 13:
      return { method: "ctx.get", params: { key: marker, unexpected: true } };
    case 3:
    case 17:
    case 23:
    case 37:
      // Few keys, so that Redis stays small and writers meet.
      return { method: "ctx.set", params: { key: `shared-${call % SHARED_KEYS}`, value: marker } };
    default:
      return call % 2 === 0
        ? { method: "ctx.get", params: { key: marker } }
        : { method: "mcp.tools.call", params: { name: "ctx.get", args: { key: marker } } };
  }
}
