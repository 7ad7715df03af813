/** Where a service of AWS is, by region alone: no environment, no profile, no metadata has a say. */
const SUFFIXES: readonly (readonly [regionPrefix: string, dnsSuffix: string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['us-isof-', 'csp.hci.ic.gov'],
  ['us-iso-', 'c2s.ic.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
  ['eusc-', 'amazonaws.eu'],
];

/** @returns an origin, e.g. `https://sts.eu-west-1.amazonaws.com` */
export function awsEndpoint(service: string, region: string): string {
  const [, suffix] = SUFFIXES.find(([prefix]) => region.startsWith(prefix)) ?? ['', 'amazonaws.com'];
  return `https://${service}.${region}.${suffix}`;
}
