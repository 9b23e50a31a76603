/** JSON-RPC 2.0's own codes (specification, section 5.1). */
export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
export const INTERNAL_ERROR = -32603;

/** An error that goes out as it stands. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: number;
  /** `{ kind, hint, … }`, so that a model can act on it. */
  readonly data: Readonly<Record<string, unknown>> | undefined;

  constructor(code: number, message: string, data?: Readonly<Record<string, unknown>>, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}

/** −32700: the text is no JSON. */
export const parseError = (hint: string) => new RpcError(PARSE_ERROR, "Parse error", { kind: "parse_error", hint });

/** −32600: the JSON is no request. */
export const invalidRequest = (hint: string) =>
  new RpcError(INVALID_REQUEST, "Invalid Request", { kind: "invalid_request", hint });
