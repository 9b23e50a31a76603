const FOLDER = new URL("../../fixtures/kubernetes/", import.meta.url);

/** A recorded response: where it lies, and the request that gave it. */
export interface Recording {
  readonly file: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly request?: {
    readonly method: string;
    readonly path: string;
    readonly accept: string;
    readonly identity: "admin" | "serviceaccount" | "bad-token" | "anonymous";
    readonly body?: unknown;
  };
  readonly status?: number;
  readonly contentType?: string;
}

// deno-lint-ignore no-explicit-any -- recorded JSON of many kinds, which the tests know
export type Recorded = any;

export function recordings(): readonly Recording[] {
  return recordedJson("index.json");
}

export function recordedText(file: string): string {
  return Deno.readTextFileSync(new URL(file, FOLDER));
}

export function recordedBytes(file: string): Uint8Array {
  return Deno.readFileSync(new URL(file, FOLDER));
}

export function recordedJson(file: string): Recorded {
  return JSON.parse(recordedText(file));
}
