import assert from "node:assert/strict";
import type { ContextStore, ContextWrite } from "../../../storage/context_store.ts";
import { chooseToolsets } from "../../../tools/toolsets.ts";
import { type CatalogueOptions, createCatalogue } from "../../../tools/catalogue.ts";
import { testContext } from "../call_path.ts";

const UNLIMITED = Number.MAX_SAFE_INTEGER;

const limits: readonly (readonly [keysMax: number, bytesMax: number, quota: ContextWrite["quota"]])[] = [
  [0, 0, undefined],
  [10, 0, { keysMax: 10, bytesMax: UNLIMITED }],
  [0, 100, { keysMax: UNLIMITED, bytesMax: 100 }],
  [10, 100, { keysMax: 10, bytesMax: 100 }],
];

for (const [contextKeysMax, contextBytesMax, quota] of limits) {
  Deno.test(`the catalogue writes with the settings' quota: ${contextKeysMax} keys, ${contextBytesMax} bytes`, async () => {
    const writes: unknown[] = [];
    const set: ContextStore["set"] = (key, value, write) => {
      writes.push({ key, write });
      return Promise.resolve({ value, version: 1, writer: write.writer, writtenAtMs: 0, ttlSeconds: 60 });
    };
    const options: Partial<CatalogueOptions> = {
      context: {
        set,
        get: () => Promise.resolve(undefined),
        delete: () => Promise.resolve(undefined),
        keys: () => Promise.resolve([]),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      },
      events: {
        publish: () => Promise.resolve(),
        subscribe: () => Promise.reject(new Error("Not called")),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      },
      toolsets: chooseToolsets([]),
      contextTtlSeconds: 60,
      contextScope: "principal",
      contextKeysMax,
      contextBytesMax,
    };
    // What the context tools do not use is left out.
    const tool = (await createCatalogue(options as CatalogueOptions)).find(({ name }) => name === "ctx.set");
    await tool?.run({ key: "k", value: 1 }, { ...testContext(), recordId: "record-1" });
    assert.deepEqual(writes, [{
      key: "default/k",
      write: { writer: "default", ttlSeconds: 60, expectedVersion: undefined, quota },
    }]);
  });
}
