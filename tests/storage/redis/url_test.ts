import assert from "node:assert/strict";
import { parseRedisUrl } from "../../../storage/redis/url.ts";

const plain = { kind: "server", username: undefined, password: undefined, database: 0, tls: undefined };

for (
  const [url, expected] of [
    ["redis://redis-mcp:6379", { ...plain, host: "redis-mcp", port: 6379, address: "redis-mcp:6379" }],
    ["redis://redis-mcp", { ...plain, host: "redis-mcp", port: 6379, address: "redis-mcp:6379" }],
    ["redis://10.0.0.1:7000/", { ...plain, host: "10.0.0.1", port: 7000, address: "10.0.0.1:7000" }],
    ["redis://[::1]:7000/3", { ...plain, host: "::1", port: 7000, address: "[::1]:7000", database: 3 }],
    ["redis://:s3cret@r", { ...plain, host: "r", port: 6379, address: "r:6379", password: "s3cret" }],
    ["redis://bob:p%40ss%2Fw%25rd@r", {
      ...plain,
      host: "r",
      port: 6379,
      address: "r:6379",
      username: "bob",
      password: "p@ss/w%rd",
    }],
    ["rediss://r.example:6380/15", {
      ...plain,
      host: "r.example",
      port: 6380,
      address: "r.example:6380",
      database: 15,
      tls: { servername: "r.example" },
    }],
    ["rediss://10.0.0.1", {
      ...plain,
      host: "10.0.0.1",
      port: 6379,
      address: "10.0.0.1:6379",
      tls: { servername: "" },
    }],
    ["redis://a,b:7001,[::1]:7002", {
      kind: "cluster",
      seeds: [{ host: "a", port: 6379 }, { host: "b", port: 7001 }, { host: "::1", port: 7002 }],
      address: "a:6379,b:7001,[::1]:7002",
      username: undefined,
      password: undefined,
      isTls: false,
    }],
    ["rediss+cluster://bob:p%40ss@cluster.example/0", {
      kind: "cluster",
      seeds: [{ host: "cluster.example", port: 6379 }],
      address: "cluster.example:6379",
      username: "bob",
      password: "p@ss",
      isTls: true,
    }],
    ["redis+sentinel://h1,h2:7000/my.master", {
      kind: "sentinel",
      sentinels: [{ host: "h1", port: 26379 }, { host: "h2", port: 7000 }],
      sentinelUsername: undefined,
      sentinelPassword: undefined,
      master: "my.master",
      address: "h1:26379,h2:7000/my.master",
      username: undefined,
      password: undefined,
      database: 0,
      isTls: false,
    }],
    ["rediss+sentinel://:s3cret@h1/mymaster/2?sentinel_password=p%26q&sentinel_username=watch", {
      kind: "sentinel",
      sentinels: [{ host: "h1", port: 26379 }],
      sentinelUsername: "watch",
      sentinelPassword: "p&q",
      master: "mymaster",
      address: "h1:26379/mymaster",
      username: undefined,
      password: "s3cret",
      database: 2,
      isTls: true,
    }],
  ] as const
) {
  Deno.test(`Redis is found at ${url}`, () => assert.deepEqual(parseRedisUrl(url), expected));
}

for (
  const [url, quoted] of [
    ["", '""'],
    ["redis-mcp:6379", '"redis-mcp:6379"'],
    ["http://redis-mcp:6379", '"http://redis-mcp:6379"'],
    ["redis://", '"redis://"'],
    ["redis:///1", '"redis:///1"'],
    ["redis://r/one", '"redis://r/one"'],
    ["redis://r:70000", '"redis://r:70000"'],
    ["redis://r?password=s3cret", '"redis://r?***"'],
    ["redis://bob:s3cret@r/one", '"redis://***@r/one"'],
    ["redis://bob:s3/cr@et@r", '"redis://***@r"'],
    ["redis://bob:s3cret%@r", '"redis://***@r"'],
    ["bob:s3cret@r", '"***@r"'],
    ["redis://:s3cret@a,:s3cret@b", '"redis://***@b"'],
    ["redis://a,", '"redis://a,"'],
    ["redis://a,b/3", '"redis://a,b/3"'],
    ["redis+cluster://a/3", '"redis+cluster://a/3"'],
    ["redis+sentinel://a,b", '"redis+sentinel://a,b"'],
    ["redis+sentinel://:s3cret@a/master?password=s3cret", '"redis+sentinel://***@a/master?***"'],
    ["redis+sentinel://a/master/db", '"redis+sentinel://a/master/db"'],
    ["redis+other://a", '"redis+other://a"'],
  ] as const
) {
  Deno.test(`${url || "nothing"} is no address of Redis`, () => {
    assert.throws(() => parseRedisUrl(url), {
      name: "StorageError",
      message: `Cannot use ${quoted} as address of Redis: expected redis://[[user]:password@]host[:port][/database], ` +
        "redis://host:port,host:port,… or redis+cluster://host:port for a Redis Cluster, " +
        "redis+sentinel://host:port,host:port,…/master[/database][?sentinel_password=…] for Sentinels, " +
        "or rediss for redis for TLS",
    });
  });
}
