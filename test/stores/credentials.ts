import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A folder of files, as a mounted Secret is. */
export async function writeCredentials(folder: string, keys: Readonly<Record<string, string>>): Promise<string> {
  await mkdir(folder, { recursive: true });
  await Promise.all(Object.entries(keys).map(([key, value]) => writeFile(join(folder, key), `${value}\n`)));
  return folder;
}
