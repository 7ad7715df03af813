/** The DNS names under which an API server, or somebody with a port-forward in hand, may call the webhook's Service. */

export interface ServiceName {
  service: string;
  namespace: string;
  /** `cluster.local` where absent. */
  clusterDomain?: string;
}

/** The one name that an API server verifies for a webhook with `clientConfig.service`. */
export function serverName({ service, namespace }: ServiceName): string {
  return `${service}.${namespace}.svc`;
}

/** All names of a leaf, the shortest first. */
export function serviceNames(of: ServiceName): string[] {
  const { service, namespace, clusterDomain = 'cluster.local' } = of;
  const full = `${serverName(of)}.${clusterDomain}`;
  return [service, `${service}.${namespace}`, serverName(of), full];
}
