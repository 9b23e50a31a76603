import type { ChainClosing, ChainOpening, Tombstone } from "../chain_register.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { isSigned, type Signer } from "./signing.ts";

/*
 * What is signed of a statement is the UTF-8 of a JSON array without white space that begins with the form's name; times
 * are whole milliseconds since the epoch. The forms never change: another form would get another name.
 */

type Unsigned<Statement> = Omit<Statement, "signature">;

export function openingForm(opening: Unsigned<ChainOpening>): string {
  const { chainId, replica, version, openedAtMs, publicKey } = opening;
  return JSON.stringify(["audit_opening/1", chainId, replica, version, openedAtMs, publicKey]);
}

export function closingForm({ chainId, seq, hash, closedAtMs }: Unsigned<ChainClosing>): string {
  return JSON.stringify(["audit_closing/1", chainId, seq, hash, closedAtMs]);
}

export function tombstoneForm(tombstone: Unsigned<Tombstone>): string {
  const { chainId, throughSeq, hash, count, removedAtMs, publicKey } = tombstone;
  return JSON.stringify(["audit_tombstone/1", chainId, throughSeq, hash, count, removedAtMs, publicKey]);
}

export function checkpointForm({ chainId, seq, hash, atMs, publicKey }: Unsigned<Checkpoint>): string {
  return JSON.stringify(["audit_checkpoint/1", chainId, seq, hash, atMs, publicKey]);
}

export function signOpening(opening: Omit<Unsigned<ChainOpening>, "publicKey">, signer: Signer): ChainOpening {
  const unsigned = { ...opening, publicKey: signer.publicKey };
  return { ...unsigned, signature: signer.sign(openingForm(unsigned)) };
}

export function signClosing(closing: Unsigned<ChainClosing>, signer: Signer): ChainClosing {
  return { ...closing, signature: signer.sign(closingForm(closing)) };
}

export function signTombstone(tombstone: Omit<Unsigned<Tombstone>, "publicKey">, signer: Signer): Tombstone {
  const unsigned = { ...tombstone, publicKey: signer.publicKey };
  return { ...unsigned, signature: signer.sign(tombstoneForm(unsigned)) };
}

export function signCheckpoint(checkpoint: Omit<Unsigned<Checkpoint>, "publicKey">, signer: Signer): Checkpoint {
  const unsigned = { ...checkpoint, publicKey: signer.publicKey };
  return { ...unsigned, signature: signer.sign(checkpointForm(unsigned)) };
}

export function isOpeningSigned(opening: ChainOpening): boolean {
  return isSigned(openingForm(opening), opening.publicKey, opening.signature);
}

/** @param publicKey of the chain's opening */
export function isClosingSigned(closing: ChainClosing, publicKey: string): boolean {
  return isSigned(closingForm(closing), publicKey, closing.signature);
}

export function isTombstoneSigned(tombstone: Tombstone): boolean {
  return isSigned(tombstoneForm(tombstone), tombstone.publicKey, tombstone.signature);
}

export function isCheckpointSigned(checkpoint: Checkpoint): boolean {
  return isSigned(checkpointForm(checkpoint), checkpoint.publicKey, checkpoint.signature);
}
