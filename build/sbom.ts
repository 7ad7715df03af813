/** A CycloneDX list of the third-party code in a bundle: what esbuild took in, with versions and sums of the lock file. */
import { readFile, writeFile } from 'node:fs/promises';

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly license?: string;
}

interface Component {
  readonly type: 'library';
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses?: readonly { readonly license: { readonly name: string } }[];
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
}

/** @param inputs the files in the bundle, relative to the repository. */
export async function writeSbom(file: string, program: string, inputs: readonly string[]): Promise<void> {
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  const lock = JSON.parse(await readFile('package-lock.json', 'utf8')) as { packages: Record<string, Locked> };
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'application', name: `secrets-inject-${program}`, version } },
    components: components(inputs, lock.packages),
  };
  await writeFile(file, `${JSON.stringify(document, null, 2)}\n`);
}

/** One per package folder, sorted. @throws Error for a package that the lock file does not know. */
export function components(inputs: readonly string[], locked: Readonly<Record<string, Locked>>): Component[] {
  const folders = new Set(inputs.map(packageFolder).filter((folder) => folder !== undefined));
  return [...folders].sort().map((folder) => {
    const entry = locked[folder];
    if (entry === undefined) throw new Error(`${folder} is bundled, but not in package-lock.json: run npm ci`);
    return component(folder.slice(folder.lastIndexOf(FOLDER) + FOLDER.length), entry);
  });
}

const FOLDER = 'node_modules/';

/** `node_modules/a/node_modules/@b/c/lib/x.js` → `node_modules/a/node_modules/@b/c` */
function packageFolder(input: string): string | undefined {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
}

function component(name: string, { version, integrity, license }: Locked): Component {
  return {
    type: 'library',
    name,
    version,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    ...(license === undefined ? {} : { licenses: [{ license: { name: license } }] }),
    ...(integrity === undefined ? {} : { hashes: [hash(integrity)] }),
  };
}

/** `sha512-<base64>` as CycloneDX writes it. */
function hash(integrity: string): { alg: string; content: string } {
  const [algorithm = '', sum = ''] = integrity.split('-');
  return { alg: algorithm.toUpperCase().replace('SHA', 'SHA-'), content: Buffer.from(sum, 'base64').toString('hex') };
}
