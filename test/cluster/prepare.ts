/** Everything that is expensive once per machine, in one go: it lies in the cache afterwards. */
import { helm } from '../../deploy/helm.ts';
import { vaultBinary } from '../stores/servers/vault.ts';
import { baseImage } from './base-image.ts';
import { kubernetesBinaries } from './binaries.ts';
import { installPackages } from './packages.ts';

export async function prepare(): Promise<void> {
  await installPackages();
  await baseImage();
  await kubernetesBinaries();
  await vaultBinary();
  helm('version');
}
