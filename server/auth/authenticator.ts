import type { Principal } from "../../tools/call_context.ts";

/**
 * Who a credential stands for. It is plain JSON: a ticket or a session of the dashboard stores it and hands it on, also
 * to another replica. It holds nothing that a credential could be made from.
 */
export interface Identity {
  readonly principal: Principal;
  /** When the credential ends, in milliseconds since the epoch; `undefined` where it has no end. */
  readonly expiresAtMs: number | undefined;
  /** Names the credential to the authenticator that gave this identity. */
  readonly reference: string;
}

/** Why a credential is refused. */
export type CredentialFault =
  | "malformed"
  | "unknown"
  | "expired"
  | "not_yet_valid"
  | "revoked"
  | "signature"
  | "algorithm"
  | "issuer"
  | "audience"
  | "claims";

/** What a credential is found to be. No text in it repeats the credential. */
export type Verdict =
  | { readonly kind: "accepted"; readonly identity: Identity }
  | { readonly kind: "refused"; readonly fault: CredentialFault; readonly description: string }
  | { readonly kind: "insufficient_scope"; readonly description: string }
  /** It cannot be found out now: the store or the issuer is away. */
  | { readonly kind: "unavailable"; readonly description: string; readonly cause: unknown };

/** Tells callers by their bearer credential. Disposing lets go of what it holds open. */
export interface Authenticator extends AsyncDisposable {
  readonly mode: "token" | "oidc";
  /** The answer where it is known from a moment ago, without asking anyone. */
  verified(credential: string): Identity | undefined;
  /** Never throws. */
  verify(credential: string): Promise<Verdict>;
  /**
   * Whether an identity that was accepted still is: not expired and, as far as that can be known, not revoked. It gives
   * a promise only where somebody must be asked. A store that is away changes nothing: what held goes on holding.
   */
  holds(identity: Identity): boolean | Promise<boolean>;
  /** What a challenge (RFC 6750, RFC 9728) carries beside its error. */
  readonly challenge: {
    /** URL of the protected resource's metadata. */
    readonly resourceMetadata?: string;
    /** All scopes that are needed, separated by spaces. */
    readonly scope?: string;
  };
}
