/**
 * The program behind `startOidcProvider`: it warns at length of Deno and of being a development set-up, which a process
 * of its own keeps out of the tests' output. Its argument is JSON: `{port, jwks}`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
// @ts-types="./oidc_provider_types.d.ts"
import { type InteractionContext, Provider, type RequestContext } from "oidc-provider";

const { port, jwks }: { port: number; jwks: { keys: JsonWebKey[] } } = JSON.parse(Deno.args[0] ?? "");

const server = createServer();
await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
const address = server.address();
const issuer = `http://127.0.0.1:${typeof address === "object" ? address?.port : port}`;

/** What the test wants of a token comes as headers of its request. */
const wanted = (ctx: RequestContext | undefined, name: string): string => ctx?.get(`x-test-${name}`) ?? "";

const provider = new Provider(issuer, {
  jwks,
  clients: [{
    client_id: "ops-client",
    client_secret: "not a secret of anyone",
    grant_types: ["client_credentials", "authorization_code"],
    redirect_uris: ["https://client.example/callback"],
    id_token_signed_response_alg: jwks.keys[0]?.alg,
  }],
  cookies: { keys: ["of this test"] },
  scopes: ["openid", "mcp:read", "mcp:call"],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: (ctx, resource) => ({
        scope: "mcp:read mcp:call",
        audience: resource,
        accessTokenFormat: "jwt",
        accessTokenTTL: Number(wanted(ctx, "ttl") || 300),
        jwt: { sign: { alg: wanted(ctx, "alg") || jwks.keys[0]?.alg } },
      }),
    },
  },
  extraTokenClaims: (ctx) => JSON.parse(wanted(ctx, "claims") || "{}"),
  findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
  // Everyone agrees to everything.
  async loadExistingGrant({ oidc }: InteractionContext) {
    const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope("openid mcp:read mcp:call");
    grant.addResourceScope(String(oidc.params["resource"]), "mcp:read mcp:call");
    await grant.save();
    return grant;
  },
});

/** Signs in whoever is hinted at. */
async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { params } = await provider.interactionDetails(request, response);
  await provider.interactionFinished(request, response, { login: { accountId: String(params["login_hint"]) } });
}

const answer = provider.callback();
server.on("request", (request, response) => {
  if (!request.url?.startsWith("/interaction/")) return answer(request, response);
  interact(request, response).catch((error) => response.writeHead(500).end(String(error)));
});
// deno-lint-ignore no-console -- read by whoever started it
console.log(`Issuer ready: ${issuer}`);
