/** What selects a store, an account or an identity there. */
import { hasControl } from '../text.ts';
import { accept, refuse, shaped } from './codec.ts';
import type { Codec } from './codec.ts';

/** Scheme, host and port of an http(s) URL. Whether the agent may go there is the operator's word. */
export const origin: Codec<string> = {
  syntax: '`https://host[:port]`',
  decode: (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !/^https?:\/\/[^/]/.test(text))
      return refuse('must be an address such as https://vault.vault:8200');
    if (url.username !== '' || url.password !== '') return refuse('must be an address without user and password');
    if (url.pathname !== '/' || /[?#]/.test(text)) return refuse('must be scheme, host and port alone, without a path');
    return accept(url.origin);
  },
};

/** A path inside a store's API: no segment can leave it. */
export function apiPath(syntax: string, example: string): Codec<string> {
  const bad = new Set(['', '.', '..']);
  return {
    syntax,
    decode: (text) => {
      const safe = /^[-._~A-Za-z0-9/@]+$/.test(text) && text.length <= 500;
      const path = text.replace(/^\/|\/$/g, '');
      return safe && !path.split('/').some((segment) => bad.has(segment))
        ? accept(path)
        : refuse(`must be a path such as ${example}`);
    },
  };
}

export const roleName = shaped('role', /^[-._@A-Za-z0-9]+$/, 'the name of a role', 128);

export const audience: Codec<string> = {
  syntax: 'audience',
  decode: (text) =>
    text !== '' && text === text.trim() && !hasControl(text) && text.length <= 253
      ? accept(text)
      : refuse('must be the audience that the store expects, and not empty'),
};

export const awsRegion = shaped('region', /^[a-z]{2}(-[a-z]+){1,3}-\d{1,2}$/, 'a region such as eu-west-1', 40);

export const awsRoleArn = shaped(
  '`arn:aws:iam::<account>:role/<name>`',
  /^arn:aws[-a-z]*:iam::\d{12}:role\/[-+=,.@/\w]+$/,
  'the ARN of a role: arn:aws:iam::<account>:role/<name>',
  600,
);

export const word = (syntax: string, example: string, max = 253): Codec<string> =>
  shaped(syntax, /^[-._:/@A-Za-z0-9]+$/, `a name such as ${example}`, max);
export const positiveInteger = shaped('number', /^[1-9]\d{0,15}$/, 'a whole number from 1 up', 16);
