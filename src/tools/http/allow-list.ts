import { BlockList, isIP } from 'node:net';
import { withoutEmbedding } from './global-address.js';

/** What requests can reach besides the public internet. */
export interface AllowList {
  /** True if the host by its name, or the address that it has, is listed for this port. */
  allows(host: string, port: number, address: string): boolean;
}

/**
 * Reads `host`, `host:port`, an IP address (with a port too; IPv6 then in brackets) or a CIDR range.
 * A listed name goes for every address that it has; a listed address goes for every name that leads to it.
 * @throws Error that names the entry that cannot be read.
 */
export function parseAllowList(entries: readonly string[]): AllowList {
  const ranges = new BlockList();
  const places = new Set<string>();
  for (const entry of entries) {
    const place = entry.includes('/') ? undefined : readPlace(entry);
    if (place !== undefined) places.add(place);
    else if (!addRange(ranges, entry)) {
      throw new Error(`HTTP_ALLOW: ${JSON.stringify(entry)} is no host, host:port, IP address or CIDR range`);
    }
  }
  return {
    allows(host, port, address) {
      const plain = withoutEmbedding(address);
      const name = normalized(host);
      const isListed = [name, plain].some((place) => places.has(place) || places.has(`${place} ${port}`));
      return isListed || ranges.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
    },
  };
}

/** `host` or `host port`, in the one spelling that URLs have for it. */
function readPlace(entry: string): string | undefined {
  const isBareIpv6 = isIP(entry) === 6;
  const [, host = entry, port] = isBareIpv6 ? [] : (/^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(entry) ?? []);
  try {
    const { hostname } = new URL(`http://${isBareIpv6 ? `[${entry}]` : host}`);
    if (/[@?#\\\s]/.test(host) || Number(port ?? 0) > 65_535) return undefined;
    return port === undefined ? normalized(hostname) : `${normalized(hostname)} ${Number(port)}`;
  } catch {
    return undefined;
  }
}

function addRange(ranges: BlockList, entry: string): boolean {
  const [, net = '', prefix = ''] = /^\[?([^/\]]+)\]?\/(\d{1,3})$/.exec(entry) ?? [];
  try {
    ranges.addSubnet(net, Number(prefix), isIP(net) === 6 ? 'ipv6' : 'ipv4');
    return prefix !== '';
  } catch {
    return false;
  }
}

/** Without the brackets of IPv6 in URLs, and without the dot that ends a full name. */
function normalized(host: string): string {
  const bare = host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
  return isIP(bare) === 0 ? bare : withoutEmbedding(bare);
}
