import assert from "node:assert/strict";
import { inspect } from "node:util";
import { startRedis } from "../../services/redis.ts";
import { observeRedis, rejection } from "./observed.ts";

Deno.test("a call made right after opening waits for the connection", async () => {
  await using service = await startRedis();
  await using observed = observeRedis(service.url);
  assert.equal(await observed.redis.run("ping", (client) => client.ping()), "PONG");
  await observed.reached("connected");
  assert.deepEqual(observed.told, [`connected 127.0.0.1:${service.port}`]);
});

Deno.test("user, password and database of the URL are used, and a refusal is told without them", async (t) => {
  await using service = await startRedis({ args: ["--requirepass", "s3cret"] });
  const cli = (...args: string[]) => service.cli("-a", "s3cret", "--no-auth-warning", ...args);
  await cli("ACL", "SETUSER", "bob", "on", ">p@ss/w%rd", "~*", "+@all");
  const url = (credentials: string, database: string) => `redis://${credentials}127.0.0.1:${service.port}${database}`;

  for (const [credentials, user] of [[":s3cret@", "default"], ["bob:p%40ss%2Fw%25rd@", "bob"]] as const) {
    await t.step(`as user ${user}`, async () => {
      await using observed = observeRedis(url(credentials, "/3"));
      await observed.redis.run("set", (client) => client.set(`key of ${user}`, "value"));
      assert.equal(await observed.redis.run("ask", (client) => client.call("ACL", "WHOAMI")), user);
      assert.equal(await cli("-n", "3", "GET", `key of ${user}`), "value");
    });
  }

  for (
    const [what, credentials, database, reason] of [
      ["no password", "", "", "NOAUTH"],
      ["a wrong password", "bob:wrong-one@", "", "WRONGPASS"],
      ["a database that is not there", ":s3cret@", "/99", "DB index is out of range"],
    ] as const
  ) {
    await t.step(`with ${what} there is no connection, and the reason is said`, async () => {
      await using observed = observeRedis(url(credentials, database));
      await observed.reached("disconnected", reason);
      const error = await rejection(observed.redis.run("ping", (client) => client.ping()));
      assert.match(error.message, new RegExp(`is not connected: .*${reason}`));
      assert.doesNotMatch(inspect([observed.told, error], { depth: 10 }), /s3cret|wrong-one/);
    });
  }
});

Deno.test("an error that Redis answers is a StorageError that does not hold what was sent", async () => {
  await using service = await startRedis();
  await using observed = observeRedis(service.url);
  await service.cli("RPUSH", "list", "one");
  const error = await rejection(observed.redis.run("append", (client) => client.append("list", "s3cret")));
  assert.equal(error.name, "StorageError");
  assert.equal(
    error.message,
    `Cannot append: Redis at 127.0.0.1:${service.port} answered ` +
      '"WRONGTYPE Operation against a key holding the wrong kind of value"',
  );
  assert.ok(error.cause instanceof Error);
  assert.doesNotMatch(inspect(error, { depth: 10 }), /s3cret/);
  assert.equal(observed.redis.state(), "connected");
});
