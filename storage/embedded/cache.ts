import type { Cache } from "../cache.ts";
import type { Clock } from "../clock.ts";

const BYTES_MAX_DEFAULT = 32 * 1024 * 1024;
/** What an entry costs besides its text: an estimate of the map's slot and the objects. */
const ENTRY_BYTES = 200;

interface Entry {
  readonly text: string;
  readonly bytes: number;
  readonly endMs: number;
}

/**
 * A cache in this process. Over its bound the oldest entries go first; a text over the whole bound is not kept.
 * @param options.bytesMax memory for keys and texts, at two bytes a UTF-16 unit; 32 MiB where left out
 */
export function createMemoryCache(
  clock: Pick<Clock, "elapsed">,
  options: { readonly bytesMax?: number | undefined } = {},
): Cache {
  return new MemoryCache(clock, options.bytesMax ?? BYTES_MAX_DEFAULT);
}

class MemoryCache implements Cache {
  readonly #clock: Pick<Clock, "elapsed">;
  readonly #bytesMax: number;
  /** In the order of writing. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(clock: Pick<Clock, "elapsed">, bytesMax: number) {
    this.#clock = clock;
    this.#bytesMax = bytesMax;
  }

  get(key: string): Promise<string | undefined> {
    const entry = this.#entries.get(key);
    if (!entry || entry.endMs > this.#clock.elapsed()) return Promise.resolve(entry?.text);
    this.#remove(key, entry);
    return Promise.resolve(undefined);
  }

  set(key: string, text: string, ttlSeconds: number): Promise<void> {
    this.#replace(key, text, ttlSeconds);
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #replace(key: string, text: string, ttlSeconds: number): void {
    const before = this.#entries.get(key);
    if (before) this.#remove(key, before);
    const bytes = 2 * (key.length + text.length) + ENTRY_BYTES;
    if (bytes > this.#bytesMax) return;
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes + bytes <= this.#bytesMax) break;
      this.#remove(oldest, entry);
    }
    this.#entries.set(key, { text, bytes, endMs: this.#clock.elapsed() + ttlSeconds * 1000 });
    this.#bytes += bytes;
  }

  #remove(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }
}
