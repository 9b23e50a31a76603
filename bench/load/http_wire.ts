import { Buffer } from "node:buffer";
import { encoder, inMessages, type Wire } from "./wire.ts";

const HEAD_END = "\r\n\r\n";

/** What is posted again and again. */
export interface Posted {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** @param id no two under way have the same */
  body(id: number): string;
}

/** One kept HTTP/1.1 connection that posts, and waits for each reply; requests are made once a connection. */
export function httpWire(port: number, { path, headers, body }: Posted): Wire {
  const questions = new Map<number, Uint8Array>();
  const make = (connection: number) => {
    const content = encoder.encode(body(connection));
    const lines = Object.entries({ host: `127.0.0.1:${port}`, "content-length": `${content.length}`, ...headers });
    const head = `POST ${path} HTTP/1.1\r\n${lines.map((line) => line.join(": ")).join("\r\n")}${HEAD_END}`;
    return Buffer.concat([encoder.encode(head), content]);
  };
  return {
    port,
    depth: 1,
    handshake: undefined,
    question(connection) {
      const made = questions.get(connection) ?? make(connection);
      questions.set(connection, made);
      return made;
    },
    reader: (onReply) =>
      inMessages((bytes) => {
        const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
        const headEnd = buffer.indexOf(HEAD_END);
        if (headEnd < 0) return 0;
        const start = headEnd + HEAD_END.length;
        const head = buffer.toString("latin1", 0, headEnd);
        if (!head.startsWith("HTTP/1.1 200")) {
          throw new Error(`The server answered ${head.split("\r\n")[0]}: ${buffer.subarray(start)}`);
        }
        const [, length] = /^content-length: *(\d+)/im.exec(head) ?? [];
        const end = length === undefined ? chunksEnd(buffer, start) : start + Number(length);
        if (end === undefined || end > bytes.length) return 0;
        onReply(0, bytes.subarray(start, end));
        return end;
      }),
  };
}

/** Where a body in chunks ends (RFC 9112, section 7.1); `undefined` while not all of it is here. */
function chunksEnd(buffer: Buffer, start: number): number | undefined {
  for (let at = start;;) {
    const lineEnd = buffer.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = parseInt(buffer.toString("latin1", at, lineEnd), 16);
    at = lineEnd + 2 + size + 2;
    if (size === 0 || at > buffer.length) return at > buffer.length ? undefined : at;
  }
}
