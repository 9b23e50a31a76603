import type { KeyObject } from "node:crypto";
import type { AuditReader } from "../audit_reader.ts";
import type { ChainRegister } from "../chain_register.ts";
import type { Clock } from "../clock.ts";
import { StorageError } from "../errors.ts";
import { type AuditWatch, createAuditWatch } from "./audit_watch.ts";
import { type Chain, createChain } from "./chain.ts";
import { type ChainKeeper, createChainKeeper } from "./chain_keeper.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Finding } from "./finding.ts";
import type { RecordCheck } from "../record_check.ts";
import { createRecordCheck } from "./record_check.ts";
import { createSigner } from "./signing.ts";
import { generateSigningKey, parseSigningKey } from "./signing_key.ts";

/** What the settings say of the evidence beside the records. */
export interface EvidenceSettings {
  readonly replica: string;
  /** Of the server. */
  readonly version: string;
  /**
   * As `parseSigningKey` reads it. `undefined`: the key that is kept beside the embedded log or, for a log elsewhere, one
   * of this process alone.
   */
  readonly signingKey: string | undefined;
  /** Further public keys whose chains are trusted. */
  readonly trustedKeys: readonly string[];
  readonly checkpointSeconds: number;
  /** 0 = the log is not watched. */
  readonly verifySeconds: number;
}

/** What is told of the evidence. None may throw. */
export interface EvidenceNotices {
  /** Takes a checkpoint out of the database's reach. */
  onCheckpoint(checkpoint: Checkpoint): void;
  /** The chain begins, signed with a key that ends with this process. */
  onPassingKey(publicKey: string): void;
  /** The chain ends without its closing, as after a crash. */
  onUnclosed(error: unknown): void;
  /** The log is not what was written: what was found since it was last told, at least one. */
  onFindings(findings: readonly Finding[]): void;
  /** The log could not be read to verify it. */
  onUnreadable(error: unknown): void;
}

export interface EvidenceOptions {
  readonly settings: EvidenceSettings;
  readonly notices: EvidenceNotices;
  /** Gives the key that is kept beside the log. @throws {StorageError} when it cannot be read or made. */
  readonly keptKey: (() => KeyObject) | undefined;
  readonly chainId: string;
  readonly register: ChainRegister;
  /** `undefined` where nobody else can reach the log. */
  readonly reader: AuditReader | undefined;
  readonly clock: Clock;
}

/** A chain of this process, who keeps it, who watches all chains, and who checks one record of any. */
export interface Evidence {
  readonly chain: Chain;
  readonly keeper: ChainKeeper;
  readonly watch: AuditWatch | undefined;
  /** `undefined` where nobody else can reach the log. */
  readonly recordCheck: RecordCheck | undefined;
}

/**
 * Starts this process's chain, with its key.
 *
 * @throws {StorageError} when the kept key cannot be read or made, or the given one is none.
 */
export function startEvidence(options: EvidenceOptions): Evidence {
  const { settings, notices, keptKey, chainId, register, reader, clock } = options;
  const key = settings.signingKey === undefined ? keptKey?.() : givenKey(settings.signingKey);
  const signer = createSigner(key ?? generateSigningKey());
  let isTold = key !== undefined;
  const keeper = createChainKeeper({
    chainId,
    replica: settings.replica,
    version: settings.version,
    signer,
    register,
    clock,
    checkpointMs: settings.checkpointSeconds * 1000,
    onCheckpoint(checkpoint) {
      if (!isTold) notices.onPassingKey(signer.publicKey);
      isTold = true;
      notices.onCheckpoint(checkpoint);
    },
    onUnclosed: notices.onUnclosed,
  });
  const { verifySeconds } = settings;
  // With a key that passes nobody knows the others' keys, not even of the start before.
  const trustedKeys = key === undefined ? undefined : new Set([signer.publicKey, ...settings.trustedKeys]);
  const watch = reader === undefined || verifySeconds === 0 ? undefined : createAuditWatch({
    reader,
    everyMs: verifySeconds * 1000,
    ...{ trustedKeys, clock },
    onFindings: notices.onFindings,
    onUnreadable: notices.onUnreadable,
  });
  const recordCheck = reader &&
    createRecordCheck({ reader, trustedKeys, clock, lastCheckpoint: () => keeper.checkpoint });
  return { chain: createChain(chainId, keeper.opening), keeper, watch, recordCheck };
}

function givenKey(text: string): KeyObject {
  const key = parseSigningKey(text);
  if (key) return key;
  throw new StorageError("Cannot sign audit chains: expected an Ed25519 private key, in PEM or as its seed in base64");
}
