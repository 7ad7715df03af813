/** Addresses that no store may have: the node itself, its link, and what clouds serve there. */
import { BlockList, isIP } from 'node:net';

const FORBIDDEN_RANGES: readonly (readonly [address: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['100.100.100.200', 32],
  ['168.63.129.16', 32],
  ['192.0.0.192', 32],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 128],
  ['::1', 128],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
  ['fd00:ec2::', 32],
  ['fd20:ce::254', 128],
];

/** Prefixes behind which an IPv4 address travels in an IPv6 one, with the group at which it starts. */
const EMBEDDING: readonly (readonly [prefix: readonly number[], at: number])[] = [
  [[0, 0, 0, 0, 0, 0xffff], 6],
  [[0, 0, 0, 0, 0xffff, 0], 6],
  [[0, 0, 0, 0, 0, 0], 6],
  [[0x64, 0xff9b, 0, 0, 0, 0], 6],
  [[0x2002], 1],
];

const LOOPBACK_RANGES = [
  ['127.0.0.0', 8],
  ['::1', 128],
] as const;

const forbidden = blockList(FORBIDDEN_RANGES);
const loopback = blockList(LOOPBACK_RANGES);

/** True as well for what is no IP address at all: the caller must have resolved the name. */
export function isForbiddenAddress(ip: string): boolean {
  return within(forbidden, ip);
}

/** What a development store may have in spite of `isForbiddenAddress`. */
export function isLoopbackAddress(ip: string): boolean {
  return isIP(ip) !== 0 && within(loopback, ip);
}

function within(ranges: BlockList, ip: string): boolean {
  const family = isIP(ip);
  if (family === 0) return true;
  if (family === 4) return ranges.check(ip, 'ipv4');
  const plain = ip.split('%', 1)[0] ?? ip;
  const inner = embeddedIpv4(groupsOf(plain));
  return ranges.check(plain, 'ipv6') || (inner !== undefined && ranges.check(inner, 'ipv4'));
}

function embeddedIpv4(groups: readonly number[]): string | undefined {
  const found = EMBEDDING.find(([prefix]) => prefix.every((group, i) => groups[i] === group));
  if (!found) return undefined;
  const [high = 0, low = 0] = groups.slice(found[1]);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** The eight groups of a valid IPv6 address. */
function groupsOf(ip: string): number[] {
  const host = new URL(`http://[${ip}]/`).hostname.slice(1, -1);
  const [head = '', tail] = host.split('::');
  const left = parseGroups(head);
  const right = parseGroups(tail ?? '');
  const missing = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array.from({ length: missing }, () => 0), ...right];
}

function parseGroups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

function blockList(ranges: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of ranges) list.addSubnet(address, prefix, address.includes(':') ? 'ipv6' : 'ipv4');
  return list;
}
