/**
 * The lines of a stream as they come; what stands after the last line end is none.
 *
 * @throws for a line over the bound, and whatever breaks the stream
 */
export async function* readLines(
  body: ReadableStream<Uint8Array>,
  charsMax: number,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > charsMax) throw new Error(`A line has over ${charsMax} characters`);
    yield* lines;
  }
}
