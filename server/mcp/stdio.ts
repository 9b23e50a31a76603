import { Buffer } from "node:buffer";
import type { OpenDialogue } from "../dialogue.ts";
import type { Peer } from "../peer.ts";
import { type Line, readLines } from "./lines.ts";

export interface StdioOptions {
  /** Of the official protocol: the first message says which era is spoken. */
  readonly open: OpenDialogue;
  readonly input: ReadableStream<Uint8Array>;
  readonly output: WritableStream<Uint8Array>;
  /** Whoever started this process. */
  readonly peer: Omit<Peer, "signal">;
  readonly messageBytesMax: number;
  /** Messages that may be under way at once; no more are read meanwhile. */
  readonly pendingMax: number;
  /** Bytes that may wait for a client that does not read. */
  readonly queuedBytesMax: number;
  readonly onFault: (error: unknown) => void;
}

/** A client that started this process and talks with it by standard input and output. */
export interface StdioConnection {
  /** Resolves when the input has ended and all that came by it is answered, or when the client reads no more. */
  readonly ended: Promise<void>;
  /** Cancels what is under way. What was answered is written out. */
  close(): Promise<void>;
}

/** Serves the official protocol to one client, one message a line. */
export function serveLines(options: StdioOptions): StdioConnection {
  const { open, input, peer, messageBytesMax, pendingMax, onFault } = options;
  const gone = new AbortController();
  const writer = createLineWriter(options, () => gone.abort());
  const dialogue = open({ ...peer, signal: gone.signal }, writer.write);
  const pending = new Set<Promise<void>>();

  function take(line: Line): void {
    if (line === undefined) {
      const error = { code: -32600, message: `Invalid Request: send at most ${messageBytesMax} bytes a message` };
      return writer.write(JSON.stringify({ jsonrpc: "2.0", error }));
    }
    if (line.trim() === "") return;
    const answered = dialogue.receive(line).catch(onFault).finally(() => pending.delete(answered));
    pending.add(answered);
  }

  async function readAll(): Promise<void> {
    for await (const line of readLines(input, messageBytesMax)) {
      take(line);
      if (pending.size >= pendingMax) await Promise.race(pending);
    }
    await Promise.all(pending);
  }

  const left = new Promise<void>((resolve) => gone.signal.addEventListener("abort", () => resolve()));
  return {
    ended: Promise.race([readAll().catch(onFault), left]),
    async close() {
      await writer.written();
      gone.abort();
      dialogue.close();
    },
  };
}

/** @param onGone told when the client reads no more, or too slowly */
function createLineWriter(
  { output, queuedBytesMax }: Pick<StdioOptions, "output" | "queuedBytesMax">,
  onGone: () => void,
) {
  const writer = output.getWriter();
  let queuedBytes = 0;
  let last: Promise<unknown> = Promise.resolve();
  return {
    write(text: string): void {
      const line = Buffer.from(`${text}\n`);
      queuedBytes += line.byteLength;
      if (queuedBytes > queuedBytesMax) return onGone();
      last = writer.write(line).then(() => queuedBytes -= line.byteLength, onGone);
    },
    written: async () => void await last,
  };
}
