/** What the stand-ins for docker, kind and kubectl keep in mind. */
export interface World {
  clusters: string[];
  /** Whether the image is built, and whether the cluster has it. */
  image: boolean;
  loaded: boolean;
  /** `Kind/name`, as applied. */
  objects: string[];
  /** Values by key, by the Secret's name. */
  secrets: Record<string, Record<string, string>>;
}

export const NOTHING: World = { clusters: [], image: false, loaded: false, objects: [], secrets: {} };

/** What is real: the services that the test has started. */
export interface RealServices {
  readonly redisPort: number;
  readonly prometheusUrl: string;
  readonly serverPort: number;
  readonly serverLog: string;
  /** How psql reaches Postgres. */
  readonly psql: readonly string[];
  readonly pgPassword: string;
}

/** One call of a stand-in. */
export interface StandInCall {
  readonly args: readonly string[];
  /** Standard input, where it is read. */
  readonly input: string;
  readonly world: World;
  readonly real: RealServices;
  /** Aborts when the caller has ended it. */
  readonly signal: AbortSignal;
}

/** @returns what it prints. @throws with what it says where it fails */
export type StandIn = (call: StandInCall) => string | Promise<string>;
