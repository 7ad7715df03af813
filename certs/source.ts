/** What the webhook needs of a certificate, wherever it comes from. */

/** A pair that has passed every guard: fit to be given to `tls.Server#setSecureContext` as it is. */
export interface ServingCertificate {
  /** The leaf first, then what links it to a root that clients may hold. PEM. */
  chainPem: string;
  /** PKCS #8 or PKCS #1. Secret. */
  keyPem: string;
  notBefore: Date;
  notAfter: Date;
  /** SHA-256 of the leaf, lower-case hexadecimal. */
  fingerprint: string;
}

/** The state of the certificates as metrics and readiness want to see it. No secret in it. */
export interface CertificateStatus {
  /** End of the leaf that is served now; absent before the first one. */
  leafNotAfter?: Date;
  /** End of the newest authority (self-managed), or of the first certificate of `ca.crt` (mounted, where there is one). */
  authorityNotAfter?: Date;
  /** Fingerprint of the served leaf. */
  fingerprint?: string;
  /** When everything was last looked at and found, or made, right. */
  lastSuccess?: Date;
  /** Whether every entry of every configuration trusts the served leaf; absent where nobody looks (mounted, or not yet seen). */
  bundleContainsServedAuthority?: boolean;
  /** How often a published bundle was found changed by somebody else and restored. */
  bundlesRestored: number;
  /** Where the rotation stands; absent for a mounted certificate. */
  phase?: string;
}

export interface CertificateSource {
  /**
   * Resolves when the first certificate has been handed over, and calls again for each later one. Problems on the way
   * are told to the source's `report` and tried again; only `stop` or an aborted wait makes it reject.
   */
  start(onCertificate: (certificate: ServingCertificate) => void): Promise<void>;
  /** Ends timers and watches; a pass that is under way finishes first. */
  stop(): Promise<void>;
  status(): CertificateStatus;
}

/** Gets what an operator should read. `error` is something to act upon, `info` a step taken. Never holds a key. */
export type Report = (level: 'info' | 'warn' | 'error', message: string) => void;
