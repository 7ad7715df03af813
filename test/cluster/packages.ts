import { existsSync } from 'node:fs';
import { outcome, run } from './run.ts';

/** Debian package → a file that it brings. */
const NEEDED: Readonly<Record<string, string>> = {
  containerd: '/usr/bin/containerd',
  runc: '/usr/sbin/runc',
  'etcd-server': '/usr/bin/etcd',
  'containernetworking-plugins': '/usr/lib/cni/bridge',
  iptables: '/usr/sbin/iptables',
  iproute2: '/usr/sbin/ip',
  'busybox-static': '/bin/busybox',
  buildah: '/usr/bin/buildah',
  debootstrap: '/usr/sbin/debootstrap',
  openssl: '/usr/bin/openssl',
  gcc: '/usr/bin/gcc',
  'libc6-dev': '/usr/include/stdio.h',
};

/** Installs what this machine lacks. The services that Debian starts by itself stay off. */
export async function installPackages(): Promise<void> {
  const missing = Object.keys(NEEDED).filter((name) => !existsSync(NEEDED[name] ?? ''));
  if (missing.length === 0) return;
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const install = ['apt-get', 'install', '-y', '-q', '--no-install-recommends', ...missing];
  if ((await outcome(install, { env })).code === 0) return;
  await run(['apt-get', 'update', '-q'], { env });
  await run(install, { env });
}
