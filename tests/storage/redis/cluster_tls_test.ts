import assert from "node:assert/strict";
import { join } from "node:path";
import { makeCertificates } from "../../services/kubernetes/certificates.ts";
import { freePort } from "../../services/process.ts";
import { startRedis } from "../../services/redis.ts";
import { clusterSays } from "../../services/redis_cluster.ts";

const ROOT = new URL("../../../", import.meta.url);

/** A Cluster of one master over TLS alone, which goes by the names that its certificate holds. */
async function startTlsCluster(names: string) {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "redis_cluster_tls_" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const { authority, server } = await makeCertificates(names);
  const [ca, cert, key] = [join(dir, "ca.pem"), join(dir, "redis.pem"), join(dir, "redis.key")];
  await Deno.writeTextFile(ca, authority);
  await Deno.writeTextFile(cert, server.certificate);
  await Deno.writeTextFile(key, server.key);
  const [tlsPort, bus] = [await freePort(), await freePort()];
  const redis = stack.use(
    await startRedis({
      args: [
        ...["--cluster-enabled", "yes", "--cluster-port", `${bus}`, "--requirepass", "s3cret"],
        ...["--tls-port", `${tlsPort}`, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", ca],
        ...["--tls-auth-clients", "no", "--tls-cluster", "yes"],
        ...["--cluster-announce-hostname", "localhost", "--cluster-preferred-endpoint-type", "hostname"],
      ],
      cliArgs: ["-a", "s3cret", "--no-auth-warning"],
    }),
  );
  await redis.cli("cluster", "addslotsrange", "0", "16383");
  await clusterSays(redis, (info) => /cluster_state:ok/.test(info));
  const owned = stack.move();
  return { tlsPort, ca, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

Deno.test("a Cluster over TLS: each node is verified under its own name, by an authority that the process trusts", async (t) => {
  const module = new URL("storage/redis/connection.ts", ROOT);
  const cases: readonly (readonly [what: string, names: string, trusts: boolean, expected: RegExp])[] = [
    ["the name that the nodes announce", "DNS:localhost,IP:127.0.0.1", true, /^value$/m],
    ["another name", "DNS:elsewhere.example", true, /name|altnames|certificate/i],
    ["an unknown authority", "DNS:localhost,IP:127.0.0.1", false, /certificate|issuer/i],
  ];
  for (const [what, names, trusts, expected] of cases) {
    await t.step(what, async () => {
      await using service = await startTlsCluster(names);
      // What a process trusts is settled when it starts.
      const code = `
        import { openRedis } from ${JSON.stringify(module)};
        const url = "rediss+cluster://:s3cret@localhost:${service.tlsPort}";
        await using redis = openRedis(url, { onState: (state, { reason }) => console.log(state, reason ?? "") });
        const exchange = async (client) => (await client.set("key", "value"), await client.get("key"));
        // A machine that is busy may need more than one attempt.
        let words = "";
        for (let attempt = 0; attempt < 40 && !${expected}.test(words); attempt++) {
          if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, 250));
          words = await redis.run("talk", exchange).catch((error) => error.message);
        }
        console.log(words);`;
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["eval", ...(trusts ? ["--cert", service.ca] : []), code],
        cwd: ROOT,
      }).output();
      const words = new TextDecoder().decode(stdout);
      assert.match(words, expected, new TextDecoder().decode(stderr));
      if (!expected.test("value")) assert.doesNotMatch(words, /^value$/m);
      assert.doesNotMatch(words, /s3cret/);
    });
  }
});
