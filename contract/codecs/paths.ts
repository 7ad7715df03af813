/** Paths and modes of files. */
import { hasControl } from '../text.ts';
import { accept, refuse } from './codec.ts';
import type { Codec } from './codec.ts';

const SEGMENT_BYTES = 255;
const PATH_BYTES = 1024;

/** A relative path that stays inside its folder and out of the names that the atomic flip uses (`..data`). */
export const fileName: Codec<string> = {
  syntax: 'filename',
  decode: (text) => {
    if (text === '') return refuse('names no file');
    if (text.startsWith('/')) return refuse('must be a relative path: it starts with /');
    if (hasControl(text)) return refuse('has a control character in its file name');
    if (Buffer.byteLength(text) > PATH_BYTES) return refuse(`is a path of more than ${PATH_BYTES} bytes`);
    const reason = text.split('/').map(segmentReason).find(Boolean);
    return reason === undefined ? accept(text) : refuse(reason);
  },
};

function segmentReason(segment: string): string | undefined {
  if (segment === '') return 'has an empty segment in its path (// or a trailing /)';
  if (segment === '.') return 'has a segment . in its path';
  if (segment.startsWith('..'))
    return 'has a path segment that starts with .. (reserved, and no way out of the folder)';
  if (Buffer.byteLength(segment) > SEGMENT_BYTES) return `has a path segment of more than ${SEGMENT_BYTES} bytes`;
  return undefined;
}

/** A sub-folder of the files. */
export const folderName: Codec<string> = { ...fileName, syntax: 'folder' };

const KERNEL = /^\/(proc|sys|dev)(\/|$)/;

/** An absolute folder to mount at. */
export const mountPath: Codec<string> = {
  syntax: 'absolute path',
  decode: (text) => {
    if (!text.startsWith('/')) return refuse('must be an absolute path such as /secrets');
    if (text === '/') return refuse('must be a folder of its own such as /secrets, not /');
    if (KERNEL.test(text)) return refuse('must not lie in /proc, /sys or /dev');
    if (hasControl(text) || text.includes(':')) return refuse('must have no colon and no control character');
    const path = text.endsWith('/') ? text.slice(0, -1) : text;
    const inner = fileName.decode(path.slice(1));
    return inner.ok ? accept(path) : inner;
  },
};

/** Permission bits. */
export const octalMode: Codec<number> = {
  syntax: 'octal mode: `"0440"`',
  decode: (text) => {
    if (!/^0?[0-7]{3}$/.test(text)) return refuse('must be an octal mode such as "0440", in quotation marks');
    const mode = Number.parseInt(text, 8);
    return (mode & 0o444) === 0 ? refuse('must let somebody read the file, as "0440" does') : accept(mode);
  },
};

export const autoOrMode: Codec<'auto' | number> = {
  syntax: '`auto` | octal mode: `"0440"`',
  decode: (text) => (text === 'auto' ? accept('auto') : octalMode.decode(text)),
};
