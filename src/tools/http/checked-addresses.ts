import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { AllowList } from './allow-list.js';
import { isGlobalAddress } from './global-address.js';

export interface HostAddress {
  readonly address: string;
  /** 4 or 6. */
  readonly family: number;
}

/** Finds the addresses of a host name. */
export type Resolve = (hostname: string) => Promise<readonly HostAddress[]>;

/** The host has no address that requests can reach. */
export class ForbiddenAddressError extends Error {
  constructor(host: string, port: number) {
    const place = isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
    super(`${place} is not on the public internet. HTTP_ALLOW can let requests go there.`);
    this.name = 'ForbiddenAddressError';
  }
}

/** Asks the system's resolver, its hosts file included. */
export const systemResolve: Resolve = (hostname) => lookup(hostname, { all: true });

/**
 * The addresses of a host that requests can go to: those of the public internet, and those that the list allows.
 * @throws ForbiddenAddressError when it has none.
 */
export async function checkedAddresses(
  host: string,
  port: number,
  allowList: AllowList,
  resolve: Resolve,
): Promise<readonly HostAddress[]> {
  const family = isIP(host);
  const found = family === 0 ? await resolve(host) : [{ address: host, family }];
  const checked = found.filter(({ address }) => isGlobalAddress(address) || allowList.allows(host, port, address));
  if (checked.length === 0) throw new ForbiddenAddressError(host, port);
  return checked;
}
