/** Where agents may go: addresses on the operator's list, compared by scheme, host and port. */
import { isIP } from 'node:net';
import { isForbiddenAddress, isLoopbackAddress } from '../contract/forbidden-addresses.ts';

/** Names that clouds give to their metadata servers, and names of the Pod itself. */
const FORBIDDEN_NAMES =
  /^(.*\.)?(localhost|localhost\.localdomain|metadata|metadata\.google\.internal|instance-data(\.ec2\.internal)?|ip6-localhost|ip6-loopback)$/;

/** `https://host:port`, in the one spelling that lists are compared by; undefined where it is no plain address. */
export function canonicalAddress(address: string): string | undefined {
  const url = URL.parse(address);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined;
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '' || url.pathname !== '/')
    return undefined;
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return `${url.protocol}//${plainHost(url)}:${port}`;
}

/** Why nobody may use this address, as the end of a sentence; undefined where it may be used. */
export function addressProblem(address: string, development: boolean): string | undefined {
  const url = URL.parse(address);
  if (!url || canonicalAddress(address) === undefined) return 'must be https://host:port, without path, query or user';
  return isForbiddenHost(url, development)
    ? 'is a loopback, link-local or metadata address, which stores never have'
    : undefined;
}

/** The entry that an address stands for, if the operator lists it. */
export function findAddress<E extends { readonly url: string }>(entries: readonly E[], address: string): E | undefined {
  const wanted = canonicalAddress(address);
  return wanted === undefined ? undefined : entries.find((entry) => canonicalAddress(entry.url) === wanted);
}

/** `URL` has already turned decimal, octal, hex and short spellings of IPv4 into the dotted one. */
function isForbiddenHost(url: URL, development: boolean): boolean {
  const host = plainHost(url).replaceAll(/^\[|\]$/g, '');
  if (isIP(host) === 0) return FORBIDDEN_NAMES.test(host) && !(development && host === 'localhost');
  return isForbiddenAddress(host) && !(development && isLoopbackAddress(host));
}

function plainHost(url: URL): string {
  return url.hostname.replace(/\.$/, '');
}
