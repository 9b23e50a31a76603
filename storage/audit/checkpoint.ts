import { z } from "zod";

/** Where a chain stood, stated by its replica outside the database: what is there later must still lead to this hash. */
export interface Checkpoint {
  readonly chainId: string;
  /** Of the last record that was durable. */
  readonly seq: number;
  /** Of that record. */
  readonly hash: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** 32 bytes in hex. */
  readonly publicKey: string;
  /** Ed25519 over `checkpointForm`, 64 bytes in hex. */
  readonly signature: string;
}

/** The message of a checkpoint's line in the log. */
export const CHECKPOINT_MESSAGE = "Audit checkpoint";

/** The fields of a checkpoint's line, in their order. */
export function checkpointFields({ chainId, seq, hash, atMs, publicKey, signature }: Checkpoint) {
  return { chain: chainId, seq, hash, at: new Date(atMs).toISOString(), public_key: publicKey, signature };
}

const digits = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));

const line = z.object({
  message: z.literal(CHECKPOINT_MESSAGE),
  chain: z.string(),
  seq: z.int().nonnegative(),
  hash: digits(32),
  at: z.iso.datetime(),
  public_key: digits(32),
  signature: digits(64),
});

/** The whole rest of a line, so that no text that a peer sent and a line quotes is taken for one. */
const TEXT =
  /(?:^|\s)INFO: (Audit checkpoint) chain="([^"\\]*)" seq=(\d+) hash="(\w+)" at="([^"]*)" public_key="(\w+)" signature="(\w+)"\s*$/;

/**
 * The checkpoint that a line of the log states, in either format, whatever a collector put before it; `undefined` for
 * every other line. Whether its signature holds is another question.
 */
export function readCheckpoint(text: string): Checkpoint | undefined {
  if (!text.includes(CHECKPOINT_MESSAGE)) return undefined;
  const { success, data } = line.safeParse(fieldsOfText(text) ?? fieldsOfJson(text));
  if (!success) return undefined;
  return {
    chainId: data.chain,
    seq: data.seq,
    hash: data.hash,
    atMs: Date.parse(data.at),
    publicKey: data.public_key,
    signature: data.signature,
  };
}

function fieldsOfText(text: string): unknown {
  const found = TEXT.exec(text);
  if (!found) return undefined;
  const [, message, chain, seq, hash, at, public_key, signature] = found;
  return { message, chain, seq: Number(seq), hash, at, public_key, signature };
}

function fieldsOfJson(text: string): unknown {
  try {
    return JSON.parse(text.slice(text.indexOf("{")));
  } catch {
    return undefined;
  }
}
