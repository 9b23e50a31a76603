import { decoder, type Wire } from "./wire.ts";

/** So much is read at a time. */
const READ_BYTES = 65_536;

/** Opens a connection and its dialogue. */
export async function openConnection({ port, handshake }: Wire): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  connection.setNoDelay(true);
  if (handshake) {
    await writeAll(connection, handshake.sent);
    const bytes = new Uint8Array(READ_BYTES);
    const answer = decoder.decode(bytes.subarray(0, await connection.read(bytes) ?? 0));
    if (!answer.startsWith(handshake.answer)) throw new Error(`Expected ${handshake.answer}, got ${answer}`);
  }
  return connection;
}

export async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(at === 0 ? bytes : bytes.subarray(at));
}

/** Reads until `isDone`, asked after each chunk, says so. @throws when the connection ends before */
export async function readUntil(
  connection: Deno.TcpConn,
  take: (chunk: Uint8Array) => void,
  afterwards: () => Promise<boolean>,
): Promise<void> {
  const bytes = new Uint8Array(READ_BYTES);
  while (true) {
    const count = await connection.read(bytes);
    if (count === null) throw new Error("The server ended a connection");
    take(bytes.subarray(0, count));
    if (await afterwards()) return;
  }
}
