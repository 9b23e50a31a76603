import type { Cache } from "../../../storage/cache.ts";
import { StorageError } from "../../../storage/errors.ts";

/** A cache without expiry that shows what it holds, and can be away. */
export class MapCache implements Cache {
  readonly entries = new Map<string, { readonly text: string; readonly ttlSeconds: number }>();
  away = false;

  get(key: string): Promise<string | undefined> {
    return this.#access(() => this.entries.get(key)?.text);
  }

  set(key: string, text: string, ttlSeconds: number): Promise<void> {
    return this.#access(() => void this.entries.set(key, { text, ttlSeconds }));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #access<T>(work: () => T): Promise<T> {
    return this.away ? Promise.reject(new StorageError("The cache is away")) : Promise.resolve(work());
  }
}
