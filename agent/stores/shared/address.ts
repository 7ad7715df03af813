/** Which addresses a store may be reached at, judged at the moment of connecting. */
import { lookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { isForbiddenAddress, isLoopbackAddress } from '../../../contract/forbidden-addresses.ts';
import { StoreError } from '../store.ts';

export interface AddressRules {
  /** Development only. */
  readonly allowLoopback?: boolean;
}

/** @throws StoreError where the host is a literal address that no store may have. Names are judged by `guardedLookup`. */
export function refuseForbiddenHost(url: URL, rules: AddressRules): void {
  const host = bareHost(url);
  if (isIP(host) !== 0 && !isPermitted(host, rules)) throw forbidden(host, host);
}

/** Without the brackets around an IPv6 address. */
export function bareHost({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

/** For `http.request`: one forbidden address among those of a name refuses the name. */
export function guardedLookup(rules: AddressRules): LookupFunction {
  return (hostname, options: LookupOptions, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '');
      const bad = addresses.find(({ address }) => !isPermitted(address, rules));
      if (bad) return callback(forbidden(hostname, bad.address), '');
      return answer(addresses, options, callback);
    });
  };
}

function answer(addresses: LookupAddress[], options: LookupOptions, callback: Parameters<LookupFunction>[2]): void {
  const [first] = addresses;
  if (options.all || first === undefined) callback(null, addresses);
  else callback(null, first.address, first.family);
}

function isPermitted(ip: string, rules: AddressRules): boolean {
  return !isForbiddenAddress(ip) || (rules.allowLoopback === true && isLoopbackAddress(ip));
}

function forbidden(host: string, ip: string): StoreError {
  const what = host === ip ? ip : `${host} resolves to ${ip}, which`;
  return new StoreError(
    'configuration',
    `${what} is a loopback, link-local, metadata or reserved address, where no store may be: nothing was sent to it`,
  );
}
