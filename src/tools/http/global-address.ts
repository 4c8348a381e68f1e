import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Everything that is handed out as global unicast (RFC 4291 section 2.4). The rest is local, multicast or reserved. */
const GLOBAL_UNICAST_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** Prefixes before an IPv4 address: IPv4-mapped (RFC 4291 section 2.5.5.2) and NAT64 (RFC 6052 section 2.1). */
const EMBEDDING_PREFIXES = [ipaddr.IPv6.parseCIDR('::ffff:0:0/96'), ipaddr.IPv6.parseCIDR('64:ff9b::/96')];

/**
 * True for an address that belongs to the public internet. False for what is no address, and for every block that the
 * library knows as special: private, loopback, link-local, shared (CGNAT), multicast, documentation, relays and so on,
 * as in the IANA special-purpose address registries (RFC 6890). Teredo and 6to4 are among them, so the IPv4 addresses
 * inside need no look. A few special blocks can be reached (AS112, AMT); nobody offers HTTP there.
 */
export function isGlobalAddress(address: string): boolean {
  const plain = withoutEmbedding(address);
  switch (isIP(plain)) {
    case 4:
      return ipaddr.IPv4.parse(plain).range() === 'unicast';
    case 6: {
      const parsed = parseIpv6(plain);
      // The library calls everything unicast that it does not know, which is most of what is reserved.
      return parsed.match(GLOBAL_UNICAST_IPV6) && parsed.range() === 'unicast';
    }
    default:
      return false;
  }
}

/** The IPv4 address inside an IPv4-mapped or NAT64 one; any other address without its zone (RFC 4007). */
export function withoutEmbedding(address: string): string {
  const bare = address.split('%', 1)[0] ?? '';
  if (isIP(bare) !== 6) return bare;
  const parsed = parseIpv6(bare);
  if (!EMBEDDING_PREFIXES.some((prefix) => parsed.match(prefix))) return bare;
  return ipaddr.fromByteArray(parsed.toByteArray().slice(12)).toString();
}

/**
 * Reads a valid address. The library takes `::1.2.3.4` for IPv4-mapped, which it is not, so it gets the spelling that
 * URLs have: without a dotted part.
 */
function parseIpv6(address: string): ipaddr.IPv6 {
  return ipaddr.IPv6.parse(new URL(`http://[${address}]`).hostname.slice(1, -1));
}
