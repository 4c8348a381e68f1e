import { BlockList, isIP } from 'node:net';

/**
 * IPv4 blocks that are not globally reachable: private, loopback, link-local, shared (CGNAT), multicast, documentation
 * and so on. From the IANA special-purpose address registry (RFC 6890), with multicast (RFC 5771) and 6to4 relays
 * (RFC 7526).
 */
const LOCAL_IPV4 = blockList('ipv4', [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]);

/** All that is handed out as global unicast (RFC 4291 section 2.4). Everything else is local, multicast or reserved. */
const GLOBAL_IPV6 = blockList('ipv6', ['2000::/3']);

/** Within it: protocol assignments with Teredo (RFC 2928), documentation (RFC 3849, 9637) and 6to4 (RFC 3056). */
const SPECIAL_IPV6 = blockList('ipv6', ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);

/** Prefixes before an IPv4 address: IPv4-mapped (RFC 4291 section 2.5.5.2) and NAT64 (RFC 6052 section 2.1). */
const EMBEDDING_PREFIXES: readonly string[] = ['0:0:0:0:0:ffff', '64:ff9b:0:0:0:0'];

/** True for an address that belongs to the public internet. False for local ones and for what is no address. */
export function isGlobalAddress(address: string): boolean {
  const plain = withoutEmbedding(address);
  switch (isIP(plain)) {
    case 4:
      return !LOCAL_IPV4.check(plain, 'ipv4');
    case 6:
      return GLOBAL_IPV6.check(plain, 'ipv6') && !SPECIAL_IPV6.check(plain, 'ipv6');
    default:
      return false;
  }
}

/** The IPv4 address inside an IPv4-mapped or NAT64 one; any other address without its zone (RFC 4007). */
export function withoutEmbedding(address: string): string {
  const bare = address.split('%', 1)[0] ?? '';
  if (isIP(bare) !== 6) return bare;
  const groups = groupsOf(bare);
  const [high, low] = groups.slice(6).map((group) => Number.parseInt(group, 16));
  if (high === undefined || low === undefined || !EMBEDDING_PREFIXES.includes(groups.slice(0, 6).join(':'))) {
    return bare;
  }
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** The eight groups of an IPv6 address, without leading zeros. */
function groupsOf(address: string): string[] {
  // URLs have one spelling of each address: lower case, `::` for the longest run of zeros, no dotted part.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const before = head === '' ? [] : head.split(':');
  if (tail === undefined) return before;
  const after = tail === '' ? [] : tail.split(':');
  return [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after];
}

function blockList(family: 'ipv4' | 'ipv6', blocks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const block of blocks) {
    const [net = '', prefix] = block.split('/');
    list.addSubnet(net, Number(prefix), family);
  }
  return list;
}
