/** Where whoever looks at a Pod leaves what is wrong with it. */

/**
 * @param where an annotation key or a part of the Pod
 * @param message the reason and the way out, in one line
 */
export type Tell = (where: string, message: string) => void;
