import { z } from "zod";
import type { Identity } from "./authenticator.ts";

/** An identity as a store gives it back: looked at like any other text from outside. */
export const identityJson = z.strictObject({
  principal: z.strictObject({
    name: z.string(),
    authMethod: z.enum(["none", "token", "oidc"]),
    roles: z.array(z.string()),
    groups: z.array(z.string()).optional(),
  }),
  expiresAtMs: z.number().optional(),
  reference: z.string(),
}).transform(({ principal, expiresAtMs, reference }): Identity => ({ principal, expiresAtMs, reference }));
