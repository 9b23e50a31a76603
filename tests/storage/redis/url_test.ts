import assert from "node:assert/strict";
import { parseRedisUrl } from "../../../storage/redis/url.ts";

const plain = { username: undefined, password: undefined, database: 0, tls: undefined };

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
  ] as const
) {
  Deno.test(`${url || "nothing"} is no address of Redis`, () => {
    assert.throws(() => parseRedisUrl(url), {
      name: "StorageError",
      message: `Cannot use ${quoted} as address of Redis: expected redis://[[user]:password@]host[:port][/database], ` +
        "or rediss:// for TLS",
    });
  });
}
