import type { Log } from "../../log.ts";
import { SettingError } from "../../settings.ts";
import { type FileToken, parseTokensFile, TokensFileError } from "./tokens_file.ts";

/** Milliseconds between two looks at the file: it is small, and read as a whole each time. */
const LOOK_MS = 5_000;
const BYTES_MAX = 8 * 1_048_576;

/** The keys of TOKENS_FILE, as they last were in order. */
export interface TokensFile extends AsyncDisposable {
  find(id: string): FileToken | undefined;
  /** In the file's order. */
  readonly tokens: readonly FileToken[];
  /** Looks now whether the file has changed; it does so by itself every 5 s. Never throws. */
  look(): Promise<void>;
}

/**
 * Reads TOKENS_FILE, and again whenever it changes, so that a mounted Secret rotates. A new version that is broken is
 * logged, and the keys read before stay in force. Disposing ends the looks.
 *
 * @param options.lookMs milliseconds between two looks; 5000 where left out
 * @throws {SettingError} when the file cannot be read or is no list of keys
 */
export async function openTokensFile(
  path: string,
  log: Pick<Log, "info" | "error">,
  { lookMs = LOOK_MS }: { readonly lookMs?: number } = {},
): Promise<TokensFile> {
  return new WatchedTokensFile(path, log, lookMs, await firstVersion(path));
}

/**
 * Reads TOKENS_FILE once.
 *
 * @throws {SettingError} when it cannot be read or is no list of keys
 */
export async function readTokensFile(path: string): Promise<readonly FileToken[]> {
  return (await firstVersion(path)).tokens;
}

async function firstVersion(path: string): Promise<Version> {
  try {
    return parse(await read(path));
  } catch (error) {
    throw new SettingError(`Invalid setting TOKENS_FILE=${JSON.stringify(path)}: ${reasonOf(error)}`);
  }
}

interface Version {
  readonly text: string;
  readonly tokens: readonly FileToken[];
}

class WatchedTokensFile implements TokensFile {
  readonly #path: string;
  readonly #log: Pick<Log, "info" | "error">;
  readonly #timer: ReturnType<typeof setInterval>;
  #version: Version;
  #byId: ReadonlyMap<string, FileToken>;
  /** Why the file as it is now is not in force. */
  #problem: string | undefined;
  #looking: Promise<void> | undefined;

  constructor(path: string, log: Pick<Log, "info" | "error">, lookMs: number, first: Version) {
    this.#path = path;
    this.#log = log;
    this.#version = first;
    this.#byId = index(first);
    this.#timer = setInterval(() => void this.look(), lookMs);
  }

  get tokens(): readonly FileToken[] {
    return this.#version.tokens;
  }

  find(id: string): FileToken | undefined {
    return this.#byId.get(id);
  }

  /** One look at a time: a file system that hangs delays the next look, and no caller's verification. */
  look(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => this.#looking = undefined);
    return this.#looking;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #lookOnce(): Promise<void> {
    try {
      const text = await read(this.#path);
      if (text === this.#version.text && this.#problem === undefined) return;
      this.#version = text === this.#version.text ? this.#version : parse(text);
      this.#byId = index(this.#version);
      this.#problem = undefined;
      this.#log.info("TOKENS_FILE was read again", { path: this.#path, keys: this.#byId.size });
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === this.#problem) return;
      this.#problem = reason;
      this.#log.error(`TOKENS_FILE cannot be used, the keys read before stay in force: ${reason}`, {
        path: this.#path,
      });
    }
  }
}

function index({ tokens }: Version): ReadonlyMap<string, FileToken> {
  return new Map(tokens.map((token) => [token.id, token]));
}

function parse(text: string): Version {
  return { text, tokens: parseTokensFile(text) };
}

async function read(path: string): Promise<string> {
  const { isFile, size } = await Deno.stat(path);
  if (!isFile || size > BYTES_MAX) throw new TokensFileError(`expected a file of at most ${BYTES_MAX} bytes`);
  return await Deno.readTextFile(path);
}

/** A file system's error says what went wrong by its kind; none repeats what the file holds. */
function reasonOf(error: unknown): string {
  if (error instanceof TokensFileError) return error.message;
  return `expected a readable file (${error instanceof Error ? error.name : "unknown error"})`;
}
