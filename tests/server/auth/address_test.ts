import assert from "node:assert/strict";
import { addressGroup, createClientAddress } from "../../../server/auth/address.ts";

Deno.test("without trusted proxies nobody says which address a request comes from", () => {
  const addressOf = createClientAddress([]);
  assert.equal(addressOf("203.0.113.9", "198.51.100.1"), "203.0.113.9");
  assert.equal(addressOf("::ffff:203.0.113.9", "198.51.100.1"), "203.0.113.9");
  assert.equal(addressOf(undefined, "198.51.100.1"), undefined);
});

Deno.test("the rightmost address that is no trusted proxy is the client, and only a trusted proxy may say so", () => {
  const addressOf = createClientAddress(["10.0.0.0/8", "192.0.2.7", "fd00::/8"]);
  const cases: readonly (readonly [peer: string, forwardedFor: string | undefined, expected: string])[] = [
    // Not by a proxy of ours: what it says is made up.
    ["203.0.113.9", "198.51.100.1", "203.0.113.9"],
    ["192.0.2.8", "198.51.100.1", "192.0.2.8"],
    ["fe80::1", "198.51.100.1", "fe80::1"],
    // One proxy, several, and what a client has put before them.
    ["10.0.0.1", "198.51.100.1", "198.51.100.1"],
    ["192.0.2.7", "198.51.100.1", "198.51.100.1"],
    ["10.0.0.1", "198.51.100.1, 10.2.3.4,192.0.2.7", "198.51.100.1"],
    ["10.0.0.1", "127.0.0.1, 203.0.113.5, 198.51.100.1, 10.2.3.4", "198.51.100.1"],
    ["10.0.0.1", "10.9.9.9, 10.8.8.8", "10.9.9.9"],
    // Nothing was forwarded.
    ["10.0.0.1", undefined, "10.0.0.1"],
    ["10.0.0.1", "", "10.0.0.1"],
    // What is no address ends the walk at what is known.
    ["10.0.0.1", "198.51.100.1, unknown", "10.0.0.1"],
    ["10.0.0.1", "198.51.100.1, garbage, 10.2.3.4", "10.2.3.4"],
    ["10.0.0.1", "198.51.100.1, 10.2.3.4,", "10.0.0.1"],
    ["10.0.0.1", "198.51.100.256", "10.0.0.1"],
    ["10.0.0.1", "0x7f.1", "10.0.0.1"],
    // IPv6 in all its forms, addresses mapped into it, ports and zones.
    ["::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"],
    ["::FFFF:0a00:0001", "198.51.100.1", "198.51.100.1"],
    ["10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"],
    ["10.0.0.1", "198.51.100.1, ::ffff:10.4.4.4", "198.51.100.1"],
    ["fd00::1", "2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["fd12:3456::1%eth0", "2001:db8::1", "2001:db8::1"],
    ["10.0.0.1", "198.51.100.1:4711", "198.51.100.1"],
    ["10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"],
    ["10.0.0.1", "[2001:db8::1]", "2001:db8::1"],
    ["10.0.0.1", "[198.51.100.1", "10.0.0.1"],
  ];
  for (const [peer, forwardedFor, expected] of cases) {
    assert.equal(addressOf(peer, forwardedFor), expected, `${peer} <- ${forwardedFor}`);
  }
});

Deno.test("a header of any length is read within a bound", () => {
  const addressOf = createClientAddress(["10.0.0.0/8"]);
  const hops = Array.from({ length: 100_000 }, (_, index) => `10.0.${index % 256}.1`);
  const started = performance.now();
  assert.match(addressOf("10.0.0.1", ["198.51.100.1", ...hops].join(", ")) ?? "", /^10\.0\./);
  assert(performance.now() - started < 500);
});

Deno.test("the addresses that one customer may choose from are counted together", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["198.51.100.1", "198.51.100.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
    ["2001:0db8:0001:0002::", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["unknown", "unknown"],
  ];
  for (const [address, expected] of cases) assert.equal(addressGroup(address), expected, address);
});
