/** The programs of the agent's bench: our bundle as the image has it, and `vault agent`. Each starts in fresh folders. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../../build/bundle.ts';
import { encodeAgentConfig, type AgentConfig, type StoreConfig } from '../../contract/agent-config.ts';
import { run } from '../cluster/run.ts';
import { vaultBinary } from '../stores/servers/vault.ts';
import type { Command, Stopwatch } from './stopwatch.ts';

export interface Program {
  readonly name: string;
  /** Makes ready what a Pod would bring, in an empty folder. */
  prepare(folder: string, staying: boolean): Promise<Prepared>;
}

export interface Prepared {
  /** Writes the secret to `file` and then ends, or stays. */
  readonly command: Command;
  readonly file: string;
}

export interface AppRole {
  readonly path: string;
  /** Folder with VAULT_ROLE_ID and VAULT_SECRET_ID. */
  readonly credentials: string;
}

/** Memory, as in a Pod, where this machine has it. */
export async function scratchFolder(): Promise<string> {
  return mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'agent-bench-'));
}

/** @returns the folder of the bundle, with its compile cache filled as when the image is built. */
export async function buildAgent(scratch: string): Promise<string> {
  const outdir = join(scratch, 'agent');
  await bundle({ entry: join(import.meta.dirname, '../../agent/main.ts'), outdir, executable: false });
  const filler = join(import.meta.dirname, '../../build/compile-cache.ts');
  await run([process.execPath, filler, outdir, String(process.getuid?.() ?? 0)]);
  return outdir;
}

export function ours(name: string, bundleFolder: string, store: StoreConfig, secret: string): Program {
  return {
    name,
    async prepare(folder, staying) {
      const [files, state] = [join(folder, 'files'), join(folder, 'state')];
      await mkdir(state);
      const message = encodeAgentConfig(messageFor(store, secret, staying));
      const env = {
        NODE_COMPILE_CACHE: join(bundleFolder, 'cache'),
        SECRETS_INJECT_FILES_DIR: files,
        SECRETS_INJECT_STATE_DIR: state,
        ...Object.fromEntries(message.map(({ name, value }) => [name, value])),
      };
      const args = ['--disable-sigusr1', join(bundleFolder, 'main.cjs'), staying ? 'refresh' : 'init'];
      return { command: { program: process.execPath, args, env }, file: join(files, 'secret') };
    },
  };
}

function messageFor(store: StoreConfig, name: string, staying: boolean): AgentConfig {
  const property = store.backend === 'vault' ? { property: 'value' } : {};
  const value = { text: name, store: 'main', name, params: {}, ...property };
  return {
    version: 1,
    namespace: 'bench',
    mode: staying ? 'refresh' : 'once',
    refreshIntervalMs: 1000,
    initTimeoutMs: 20_000,
    logLevel: 'info',
    port: 0,
    nameLabels: true,
    stores: { main: store },
    files: [{ path: 'secret', mode: 0o440, value }],
  };
}

export async function vaultAgent(address: string, role: AppRole, secret: string): Promise<Program> {
  const binary = await vaultBinary();
  return {
    name: 'vault agent',
    async prepare(folder, staying) {
      const [config, file] = [join(folder, 'agent.hcl'), join(folder, 'secret')];
      await writeFile(config, agentHcl(address, role, secret, file, staying));
      const env = { HOME: folder };
      return { command: { program: binary, args: ['agent', `-config=${config}`], env }, file };
    },
  };
}

function agentHcl(address: string, role: AppRole, secret: string, file: string, staying: boolean): string {
  return `
exit_after_auth = ${!staying}
vault { address = "${address}" }
auto_auth {
  method "approle" {
    mount_path = "auth/${role.path}"
    config = {
      role_id_file_path = "${role.credentials}/VAULT_ROLE_ID"
      secret_id_file_path = "${role.credentials}/VAULT_SECRET_ID"
      remove_secret_id_file_after_reading = false
    }
  }
}
template_config { static_secret_render_interval = "1s" }
template {
  contents    = "{{ with secret \\"${secret}\\" }}{{ .Data.data.value }}{{ end }}"
  destination = "${file}"
}
`;
}

/** Whole process, in milliseconds. @throws Error unless it wrote the secret and ended well. */
export async function timeOnce(
  program: Program,
  stopwatch: Stopwatch,
  scratch: string,
  secret: string,
): Promise<number> {
  const folder = await mkdtemp(join(scratch, 'run-'));
  const { command, file } = await program.prepare(folder, false);
  const { code, ms } = await stopwatch.time(command);
  const written = await readFile(file, 'utf8').catch(() => '');
  await rm(folder, { recursive: true });
  if (code !== 0 || written !== secret) throw new Error(`${program.name} ended with ${code} and wrote "${written}"`);
  return ms;
}
