import type { IncomingMessage, ServerResponse } from "node:http";

/** Of oidc-provider, which has no types of its own, what the tests use. */

export interface RequestContext {
  get(header: string): string;
}

export interface InteractionContext {
  readonly oidc: {
    readonly provider: Provider;
    readonly client: { readonly clientId: string };
    readonly session: { readonly accountId: string };
    readonly params: Readonly<Record<string, unknown>>;
  };
}

interface Grant {
  addOIDCScope(scope: string): void;
  addResourceScope(resource: string, scope: string): void;
  save(): Promise<string>;
}

interface Configuration {
  readonly features: {
    readonly resourceIndicators: {
      readonly getResourceServerInfo: (ctx: RequestContext, resource: string) => Readonly<Record<string, unknown>>;
      readonly [setting: string]: unknown;
    };
    readonly [feature: string]: unknown;
  };
  readonly extraTokenClaims: (ctx: RequestContext | undefined) => unknown;
  readonly findAccount: (ctx: RequestContext, accountId: string) => unknown;
  readonly interactions: { readonly url: (ctx: RequestContext, interaction: { readonly uid: string }) => string };
  readonly loadExistingGrant: (ctx: InteractionContext) => Promise<Grant>;
  readonly [setting: string]: unknown;
}

export declare class Provider {
  constructor(issuer: string, configuration: Configuration);
  callback(): (request: IncomingMessage, response: ServerResponse) => void;
  interactionDetails(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<{ readonly params: Readonly<Record<string, unknown>> }>;
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: unknown): Promise<void>;
  readonly Grant: new (of: { readonly clientId: string; readonly accountId: string }) => Grant;
}
