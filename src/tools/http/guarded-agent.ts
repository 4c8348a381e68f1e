import type { LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import type { AllowList } from './allow-list.js';
import { checkedAddresses, type HostAddress, type Resolve } from './checked-addresses.js';
import { markConnectFailure } from './connect-failures.js';

/**
 * An agent that connects to public addresses and to what the list allows, nowhere else.
 * Names are resolved once, and the connection goes to the very addresses that were checked: a name that has another
 * address a moment later (DNS rebinding) gains nothing. Proxies from the environment are not used.
 * It has no timeouts beside 10 s for a connection: the signal of each request is its limit.
 */
export function guardedAgent(allowList: AllowList, resolve: Resolve): Agent {
  const find = async ({ hostname, port, protocol }: buildConnector.Options): Promise<readonly HostAddress[]> => {
    const portNumber = Number(port) || (protocol === 'https:' ? 443 : 80);
    return checkedAddresses(hostname, portNumber, allowList, resolve);
  };
  return new Agent({
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (options, callback) => {
      const fail = (error: Error): void => {
        markConnectFailure(error);
        callback(error, null);
      };
      find(options).then((addresses) => {
        const connect = buildConnector({ lookup: lookupOf(addresses) });
        connect(options, (...result) => (result[0] === null ? callback(...result) : fail(result[0])));
      }, fail);
    },
  });
}

/** A lookup that gives addresses which are known already. */
function lookupOf(addresses: readonly HostAddress[]): LookupFunction {
  return (_hostname, options, callback) => {
    const [first] = addresses;
    if (options.all) callback(null, [...addresses]);
    else callback(null, first?.address ?? '', first?.family);
  };
}
