import { BlockList, isIP } from "node:net";

/** Proxies that a request may have come through; further entries of X-Forwarded-For are nobody's. */
const HOPS_MAX = 32;
const REMEMBERED_MAX = 1000;
const REMEMBERED_CHARS_MAX = 64;

/**
 * Which address a request comes from.
 *
 * @param peer the other end of the TCP connection
 * @param forwardedFor the header X-Forwarded-For
 */
export type ClientAddress = (peer: string | undefined, forwardedFor: string | null | undefined) => string | undefined;

/**
 * Reads the address of clients behind proxies. Each proxy adds at the right the address that it was called from, and
 * hands on what a client made up at the left: so the rightmost entry that is no trusted proxy is the client, and the
 * header counts only where a trusted proxy has sent it.
 *
 * @param trustedProxies addresses and ranges such as `10.0.0.0/8`
 */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const plain = remembered();
  if (trustedProxies.length === 0) return (peer) => peer === undefined ? undefined : plain(peer) ?? peer;
  const trusted = new BlockList();
  for (const range of trustedProxies) {
    const [address = "", bits] = range.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(bits), family);
  }
  const isTrusted = (address: string) => trusted.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");

  return (peer, forwardedFor) => {
    const direct = peer === undefined ? undefined : plain(peer);
    if (direct === undefined) return peer;
    let address = direct;
    for (const entry of (forwardedFor ?? "").split(",").slice(-HOPS_MAX).reverse()) {
      if (!isTrusted(address)) return address;
      const next = plain(entry.trim());
      // What is no address was written by nobody who is trusted: the proxy that handed it on is all that is known.
      if (next === undefined) return address;
      address = next;
    }
    return address;
  };
}

/**
 * What is counted together: an IPv4 address, and the 64 bits of an IPv6 address that its provider gives to one customer,
 * who has the rest for the choosing.
 */
export function addressGroup(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = "", tail] = address.split("%", 1).join("").split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0");
  return `${[...left, ...zeros, ...right].slice(0, 4).map((group) => group.replace(/^0+(?=.)/, "")).join(":")}::/64`;
}

/** `plainOf`, with what the last addresses were: a client's requests all come from one. */
function remembered(): typeof plainOf {
  const known = new Map<string, string | undefined>();
  return (text) => {
    if (known.has(text)) return known.get(text);
    const plain = plainOf(text);
    if (known.size === REMEMBERED_MAX) known.clear();
    if (text.length <= REMEMBERED_CHARS_MAX) known.set(text, plain);
    return plain;
  };
}

/** An address without a port, brackets or zone; `::ffff:10.0.0.1` is 10.0.0.1. `undefined` for anything else. */
function plainOf(text: string): string | undefined {
  const bare = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1] ?? text.replace(/^(\d+(?:\.\d+){3}):\d{1,5}$/, "$1");
  const [address = ""] = bare.toLowerCase().split("%");
  if (isIP(address) === 4) return address;
  if (isIP(address) !== 6) return undefined;
  // The URL parser prints every form of an IPv6 address in one.
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(canonical);
  if (!mapped) return canonical;
  const [high, low] = [Number.parseInt(mapped[1] ?? "", 16), Number.parseInt(mapped[2] ?? "", 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}
