import assert from "node:assert/strict";
import { join } from "node:path";
import { freePort } from "../../services/process.ts";
import { startRedis } from "../../services/redis.ts";
import { observeRedis } from "./observed.ts";

/** A Redis over TLS whose certificate, for `localhost`, is signed by an authority that nobody trusts yet. */
async function startTlsRedis() {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "redis_tls_" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const [ca, caKey] = [join(dir, "ca.pem"), join(dir, "ca.key")];
  const [cert, key] = [join(dir, "redis.pem"), join(dir, "redis.key")];
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await openssl("req", "-x509", ...newKey, "-keyout", caKey, "-out", ca, "-subj", "/CN=Test authority");
  await openssl(
    ...["req", "-x509", ...newKey, "-keyout", key, "-out", cert, "-subj", "/CN=localhost", "-CA", ca, "-CAkey", caKey],
    ...["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"],
  );
  const tlsPort = await freePort();
  stack.use(
    await startRedis({
      args: [
        ...["--tls-port", `${tlsPort}`, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", ca],
        ...["--tls-auth-clients", "no"],
      ],
    }),
  );
  const owned = stack.move();
  return { tlsPort, ca, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function openssl(...args: string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command("openssl", { args }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
}

Deno.test("rediss:// refuses a certificate of an unknown authority", async () => {
  await using service = await startTlsRedis();
  await using observed = observeRedis(`rediss://localhost:${service.tlsPort}`);
  await observed.reached("disconnected", "self-signed certificate in certificate chain");
});

Deno.test("rediss:// talks to a server whose authority the process trusts, under its own name alone", async (t) => {
  await using service = await startTlsRedis();
  const root = new URL("../../../", import.meta.url);
  const module = new URL("storage/redis/connection.ts", root);
  for (const [host, expected] of [["localhost", /^PONG$/m], ["127.0.0.1", /does not match certificate/]] as const) {
    await t.step(host, async () => {
      // What a process trusts is settled when it starts.
      const code = `
        import { openRedis } from ${JSON.stringify(module)};
        await using redis = openRedis("rediss://${host}:${service.tlsPort}", { onState: () => {} });
        console.log(await redis.run("ping", (client) => client.ping()).catch((error) => error.message));`;
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["eval", "--cert", service.ca, code],
        cwd: root,
      }).output();
      assert.match(new TextDecoder().decode(stdout), expected, new TextDecoder().decode(stderr));
    });
  }
});
