/**
 * The first bytes of a body, at most `bytesMax`; the rest is not taken from the connection.
 *
 * @throws when the connection breaks.
 */
export async function readBody(
  response: Response,
  bytesMax: number,
): Promise<{ readonly body: Uint8Array; readonly cut: boolean }> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  while (reader && length <= bytesMax) {
    const { value, done } = await reader.read();
    if (done) break;
    chunks.push(value);
    length += value.length;
  }
  const cut = length > bytesMax;
  if (cut) await reader?.cancel();
  const body = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.length;
  }
  return { body: body.subarray(0, Math.min(length, bytesMax)), cut };
}
