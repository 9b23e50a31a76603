/** A TCP client that speaks as badly as a test wants, and reads only when it is asked to. */
export interface RawClient extends AsyncDisposable {
  send(data: string | Uint8Array): Promise<void>;
  /** Sends texts as frames of an open WebSocket, in one write. */
  sendText(...texts: readonly string[]): Promise<void>;
  /** Reads until the text so far holds `end`, or to the connection's end. @returns all that was read so far. */
  readUntil(end: string): Promise<string>;
  /** Reads to the connection's end. @returns all that was read, as bytes. */
  readAll(): Promise<Uint8Array>;
}

export async function connectRaw(port: number): Promise<RawClient> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const latin1 = new TextDecoder("latin1");
  let text = "";
  const readOne = async () => {
    const buffer = new Uint8Array(65_536);
    try {
      const length = await connection.read(buffer);
      if (length === null) return false;
      const chunk = buffer.subarray(0, length);
      chunks.push(chunk);
      text += latin1.decode(chunk);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionReset) return false;
      throw error;
    }
  };
  const send = async (data: string | Uint8Array) => {
    let rest = typeof data === "string" ? new TextEncoder().encode(data) : data;
    while (rest.length > 0) rest = rest.subarray(await connection.write(rest));
  };
  return {
    send,
    sendText: async (...texts) => await send(await new Blob(texts.map((text) => textFrame(text))).bytes()),
    async readUntil(end) {
      while (!text.includes(end) && await readOne());
      return text;
    },
    async readAll() {
      while (await readOne());
      return await new Blob(chunks).bytes();
    },
    [Symbol.asyncDispose]() {
      connection.close();
      return Promise.resolve();
    },
  };
}

/** A request's head, with the empty line that ends it. */
export function head(start: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${start} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** The head that opens a WebSocket by hand. */
export function handshake(port: number, headers: Readonly<Record<string, string>> = {}): string {
  return head("GET /mcp", {
    host: `127.0.0.1:${port}`,
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
  });
}

/** A client's text frame of less than 64 KiB, masked with zeros. */
export function textFrame(text: string): Uint8Array<ArrayBuffer> {
  const payload = new TextEncoder().encode(text);
  const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 0xff];
  return Uint8Array.from([0x81, 0x80 | (length[0] ?? 0), ...length.slice(1), 0, 0, 0, 0, ...payload]);
}
