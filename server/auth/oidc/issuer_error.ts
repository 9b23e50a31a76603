/** The issuer did not say what it must say before a token can be judged; no token is at fault. */
export class IssuerError extends Error {
  override readonly name = "IssuerError";

  constructor(message: string, options?: ErrorOptions & { readonly status?: number }) {
    super(message, options);
    this.status = options?.status;
  }

  /** HTTP status of its answer, where there was one. */
  readonly status: number | undefined;
}
