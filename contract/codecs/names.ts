/** Names as Kubernetes and its users spell them. */
import { shaped } from './codec.ts';

export const containerName = shaped(
  'container',
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
  'the name of a container: lower-case letters, digits and dashes',
  63,
);

/** A DNS subdomain, as Secrets and ConfigMaps are named. */
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

export const secretName = shaped(
  'name of a Secret',
  SUBDOMAIN,
  'the name of a Secret of this namespace: lower-case letters, digits, dashes and dots',
);

export const configMapKey = shaped(
  '`<configmap>/<key>`',
  /^[a-z0-9]([-.a-z0-9]*[a-z0-9])?\/[-._A-Za-z0-9]+$/,
  '<configmap>/<key>, both of this namespace',
  507,
);

export const variableName = shaped(
  'NAME',
  /^[-._A-Za-z][-._A-Za-z0-9]*$/,
  'the name of an environment variable: letters, digits, _, - and ., not a digit first',
);

export const alias = shaped(
  'alias',
  /^[a-z_][a-z0-9_]*$/,
  'an alias: lower-case letters, digits and _, not a digit first',
);

export const label = shaped('label', /^[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?$/, 'letters, digits, -, _ and .', 63);

/** `arn` starts the names of AWS, so no store may be called that. */
export const storeId = shaped(
  'id',
  /^(?!arn$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
  'a store id: lower-case letters, digits and dashes, a letter first, and not arn',
  40,
);

/** CPU and memory, as in a container's resources. */
export const quantity = shaped(
  'quantity: `50m`, `64Mi`',
  /^(?=.*[1-9])(\d{1,15}(\.\d{1,9})?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/,
  'a positive quantity such as 50m or 64Mi',
  24,
);
