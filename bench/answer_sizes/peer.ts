import { Buffer } from "node:buffer";
import { TextLineStream } from "./lines.ts";
import { QUESTIONS } from "./questions.ts";

/** The server that is compared with; `npx` fetches it. */
export const PEER = "kubernetes-mcp-server@0.0.67";
const ANSWER_MS = 60_000;

interface PeerMessage {
  readonly id?: number;
  readonly error?: { readonly message: string };
  readonly result?: { readonly isError?: boolean; readonly content?: readonly { readonly text?: string }[] };
}

/**
 * Asks every question of the other server, over standard input and output.
 *
 * @returns bytes of its text an answer; `undefined` where it has no such tool
 * @throws {Error} for an answer that is an error, or does not come
 */
export async function measurePeer(kubeconfigPath: string): Promise<readonly (number | undefined)[]> {
  const child = new Deno.Command("npx", {
    args: ["-y", PEER, "--kubeconfig", kubeconfigPath, "--list-output", "table"],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream()).getReader();
  let ids = 0;
  const send = (message: object) =>
    writer.write(new TextEncoder().encode(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`));
  const ask = async (method: string, params: object): Promise<PeerMessage> => {
    const id = ++ids;
    await send({ id, method, params });
    const timer = setTimeout(() => child.kill("SIGTERM"), ANSWER_MS);
    try {
      while (true) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`${PEER} ended, or did not answer within ${ANSWER_MS} ms`);
        const message: PeerMessage = value.startsWith("{") ? JSON.parse(value) : {};
        if (message.id === id) return message;
      }
    } finally {
      clearTimeout(timer);
    }
  };
  try {
    const clientInfo = { name: "answer-sizes", version: "1.0.0" };
    await ask("initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo });
    await send({ method: "notifications/initialized" });
    const sizes: (number | undefined)[] = [];
    for (const { peer } of QUESTIONS) {
      if (!peer) {
        sizes.push(undefined);
        continue;
      }
      const { result, error } = await ask("tools/call", { name: peer.tool, arguments: peer.args });
      const text = result?.content?.[0]?.text;
      if (text === undefined || result?.isError) throw new Error(`${peer.tool} failed: ${text ?? error?.message}`);
      sizes.push(Buffer.byteLength(text));
    }
    return sizes;
  } finally {
    await writer.close().catch(() => {}); // It may have ended.
    child.kill("SIGTERM");
    await child.status;
  }
}
