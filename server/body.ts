import { Buffer } from "node:buffer";
import { Deadlines } from "../storage/deadlines.ts";
import { builtInRedactor, type Redactor } from "../tools/redact.ts";
import type { Refusal } from "./refusals.ts";

/** Of a header that a peer sent. */
const TYPE_CHARS_MAX = 80;
/** A body that tells such a length is read in one go, which costs a fraction of a stream. */
const AT_ONCE_BYTES_MAX = 65_536;

/** Steps in which the platform hands over a body that it has whole: two, and one more for good measure. */
const HANDOVER_STEPS = 3;

const JSON_TYPE = /^application\/json\s*(;|$)/i;

/** A byte sequence that is no UTF-8 must not become another text than was sent. */
const decoder = new TextDecoder("utf-8", { fatal: true });

/** A body that is not taken: the status and the words to answer with. */
export interface RefusedBody {
  readonly reason: Extract<Refusal, "body" | "body_late" | "content_type" | "message_bytes">;
  readonly status: 400 | 408 | 413 | 415;
  readonly error: string;
}

/** Reads a JSON body as text. */
export type ReadJsonBody = (request: Request) => Promise<string | RefusedBody>;

export interface BodyBounds {
  readonly bytesMax: number;
  /** A body that takes longer to arrive has stalled. */
  readonly waitMs: number;
  readonly redactor?: Pick<Redactor, "redactText">;
}

/**
 * Reads JSON bodies within a bound of size and of time. Only `application/json` is taken: a web page cannot send that to
 * another origin without asking first.
 */
export function createBodyReader({ bytesMax, waitMs, redactor = builtInRedactor }: BodyBounds): ReadJsonBody {
  const deadlines = new Deadlines(waitMs);
  const tooLarge: RefusedBody = { reason: "message_bytes", status: 413, error: `Send at most ${bytesMax} bytes` };

  function otherType(type: string | null): RefusedBody {
    const got = JSON.stringify(type && redactor.redactText(type).slice(0, TYPE_CHARS_MAX));
    return { reason: "content_type", status: 415, error: `Expected content-type application/json, but got ${got}` };
  }

  return async (request) => {
    const type = request.headers.get("content-type");
    if (!JSON_TYPE.test(type ?? "")) return otherType(type);
    const length = Number(request.headers.get("content-length") ?? NaN);
    if (length > bytesMax) return tooLarge;
    try {
      const bytes = await (length <= AT_ONCE_BYTES_MAX
        ? readWhole(request)
        : inTime((late) =>
          readPieces(request, bytesMax, late)
        ));
      if (bytes === "late") {
        return { reason: "body_late", status: 408, error: `The body did not arrive within ${waitMs} ms` };
      }
      return bytes && bytes.byteLength <= bytesMax ? decoder.decode(bytes) : tooLarge;
    } catch (error) {
      return {
        reason: "body",
        status: 400,
        error: error instanceof TypeError ? "Expected a body in UTF-8" : "The body broke off",
      };
    }
  };

  async function readWhole(request: Request): Promise<Uint8Array | "late"> {
    const reading = request.bytes();
    let isThere = false;
    const arrive = () => {
      isThere = true;
    };
    reading.then(arrive, arrive);
    // One that came with its head needs no deadline, which would be half of the time that reading it takes.
    for (let step = 0; step < HANDOVER_STEPS && !isThere; step++) await undefined;
    return isThere ? await reading : await inTime((late) => Promise.race([reading, late]));
  }

  async function inTime<T>(read: (late: Promise<"late">) => Promise<T>): Promise<T> {
    const { promise: late, resolve: pass } = Promise.withResolvers<"late">();
    const deadline = deadlines.begin(() => pass("late"));
    try {
      return await read(late);
    } finally {
      deadlines.end(deadline);
    }
  }
}

/** The body; `undefined` where it is longer. What is not read of it is let go. */
async function readPieces(
  request: Request,
  bytesMax: number,
  late: Promise<"late">,
): Promise<Uint8Array | "late" | undefined> {
  const pieces: Uint8Array[] = [];
  const reader = request.body?.getReader();
  if (!reader) return new Uint8Array();
  let bytes = 0;
  try {
    while (true) {
      const read = await Promise.race([reader.read(), late]);
      if (read === "late") return read;
      if (read.done) return Buffer.concat(pieces);
      bytes += read.value.byteLength;
      if (bytes > bytesMax) return undefined;
      pieces.push(read.value);
    }
  } finally {
    // Nobody waits for the rest; of a body that broke off it cannot even be told.
    reader.cancel().catch(() => {});
  }
}
