/** The files cannot be written: said without their content. */
export class WriteError extends Error {
  override readonly name = 'WriteError';

  constructor(folder: string, cause: unknown) {
    super(`cannot write ${folder}: ${reasonOf(cause)}`);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left; the memory volume is too small for these secrets, or the Pod wrote to it',
  EDQUOT: 'the quota is used up',
  EACCES: 'permission denied; does the agent still run as the user that admission chose?',
  EPERM: 'operation not permitted',
  EROFS: 'it is mounted read-only',
  ENOTDIR: 'a file stands where a folder is wanted',
  ENAMETOOLONG: 'a file name is too long',
};

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unexpected error';
  const reason = REASONS[code];
  return reason === undefined ? code : `${reason} (${code})`;
}
