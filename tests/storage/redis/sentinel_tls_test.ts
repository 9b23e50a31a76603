import assert from "node:assert/strict";
import { join } from "node:path";
import { makeCertificates } from "../../services/kubernetes/certificates.ts";
import { findBinary, freePort, startService } from "../../services/process.ts";
import { startRedis } from "../../services/redis.ts";

/** The driver does not say why a Sentinel cannot be had; the same URL is taken where only the certificate differs. */
const REFUSED = /All sentinels are unreachable/;
const ROOT = new URL("../../../", import.meta.url);

/** A master and a Sentinel over TLS that go by the names that their certificate holds. */
async function startTlsSentinel(names: string) {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "redis_sentinel_tls_" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const { authority, server } = await makeCertificates(names);
  const [ca, cert, key] = [join(dir, "ca.pem"), join(dir, "redis.pem"), join(dir, "redis.key")];
  await Deno.writeTextFile(ca, authority);
  await Deno.writeTextFile(cert, server.certificate);
  await Deno.writeTextFile(key, server.key);
  const [tlsPort, sentinelPort] = [await freePort(), await freePort()];
  const tls: readonly (readonly [name: string, value: string])[] = [
    ["tls-cert-file", cert],
    ["tls-key-file", key],
    ["tls-ca-cert-file", ca],
    ["tls-auth-clients", "no"],
  ];
  stack.use(
    await startRedis({
      args: [
        "--tls-port",
        `${tlsPort}`,
        "--requirepass",
        "s3cret",
        ...tls.flatMap(([name, value]) => [`--${name}`, value]),
      ],
    }),
  );
  const file = join(dir, "sentinel.conf");
  await Deno.writeTextFile(
    file,
    [
      ...["port 0", `tls-port ${sentinelPort}`, "bind 127.0.0.1", `dir ${dir}`, "tls-replication yes"],
      ...tls.map(([name, value]) => `${name} ${value}`),
      ...["sentinel resolve-hostnames yes", "sentinel announce-hostnames yes"],
      ...[`sentinel monitor mymaster localhost ${tlsPort} 1`, "sentinel auth-pass mymaster s3cret", ""],
    ].join("\n"),
  );
  const binary = findBinary("redis-server", ["/usr/bin/redis-server", "/usr/local/bin/redis-server"]);
  const sentinel = stack.use(startService(binary, { args: [file, "--sentinel"] }));
  await sentinel.printed("+monitor master");
  const owned = stack.move();
  return { sentinelPort, ca, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

Deno.test("Sentinels over TLS: they and the master are verified under their own names", async (t) => {
  const module = new URL("storage/redis/connection.ts", ROOT);
  const cases: readonly (readonly [what: string, names: string, trusts: boolean, expected: RegExp])[] = [
    ["the names that they go by", "DNS:localhost", true, /^PONG$/m],
    ["another name", "DNS:elsewhere.example", true, REFUSED],
    ["an unknown authority", "DNS:localhost", false, REFUSED],
  ];
  for (const [what, names, trusts, expected] of cases) {
    await t.step(what, async () => {
      await using service = await startTlsSentinel(names);
      // What a process trusts is settled when it starts.
      const code = `
        import { openRedis } from ${JSON.stringify(module)};
        const url = "rediss+sentinel://:s3cret@localhost:${service.sentinelPort}/mymaster";
        await using redis = openRedis(url, { onState: () => {} });
        // A machine that is busy may need more than one attempt.
        let words = "";
        for (let attempt = 0; attempt < 40 && !${expected}.test(words); attempt++) {
          if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, 250));
          words = await redis.run("ping", (client) => client.ping()).catch((error) => error.message);
        }
        console.log(words);`;
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["eval", ...(trusts ? ["--cert", service.ca] : []), code],
        cwd: ROOT,
      }).output();
      const words = new TextDecoder().decode(stdout);
      assert.match(words, expected, new TextDecoder().decode(stderr));
      assert.doesNotMatch(words, /s3cret/);
    });
  }
});
