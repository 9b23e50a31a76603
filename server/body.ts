/** A body that is not taken: the status and the words to answer with. */
export interface RefusedBody {
  readonly status: 413 | 415;
  readonly error: string;
}

/**
 * Reads a JSON body as text, within a bound. Only `application/json` is taken: a web page cannot send that to another
 * origin without asking first.
 */
export async function readJsonBody(request: Request, bytesMax: number): Promise<string | RefusedBody> {
  const type = request.headers.get("content-type");
  if (!/^application\/json\s*(;|$)/i.test(type ?? "")) {
    return { status: 415, error: `Expected content-type application/json, but got ${JSON.stringify(type)}` };
  }
  const tooLarge: RefusedBody = { status: 413, error: `Send at most ${bytesMax} bytes` };
  if (Number(request.headers.get("content-length") ?? 0) > bytesMax) return tooLarge;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) return tooLarge;
    chunks.push(chunk);
  }
  return await new Blob(chunks).text();
}
