import { type Checkpoint, readCheckpoint } from "../../storage/audit/checkpoint.ts";

/** Characters of a line that are looked at: a checkpoint's has some 500. */
const LINE_CHARS_MAX = 65_536;

/** The checkpoints in a log file, or on standard input for `-`. @throws when it cannot be read */
export async function readCheckpoints(path: string): Promise<readonly Checkpoint[]> {
  const stream = path === "-" ? Deno.stdin.readable : (await Deno.open(path)).readable;
  const checkpoints: Checkpoint[] = [];
  for await (const line of lines(stream)) {
    const checkpoint = readCheckpoint(line);
    if (checkpoint) checkpoints.push(checkpoint);
  }
  return checkpoints;
}

/** Lines without their ends; of a line that is too long, the beginning. */
export async function* lines(bytes: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of bytes) {
    const [first = "", ...more] = decoder.decode(chunk, { stream: true }).split("\n");
    rest = (rest + first).slice(0, LINE_CHARS_MAX);
    for (const next of more) {
      yield rest;
      rest = next.slice(0, LINE_CHARS_MAX);
    }
  }
  yield (rest + decoder.decode()).slice(0, LINE_CHARS_MAX);
}
