import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** JWTs made without a library, so that they can be invalid in every way. */

type Claims = Record<string, unknown>;

/** In an hour, in seconds since 1970. */
export function soon(): number {
  return Math.floor(Date.now() / 1000) + 3600;
}

/** A JWT signed with a shared secret, or with other bytes used as one. */
export function hs256(claims: Claims, secret: string | Buffer, header: Claims = {}): string {
  const signed = `${encode({ alg: 'HS256', typ: 'JWT', ...header })}.${encode(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/** A JWT with `alg: none` and no signature. */
export function unsigned(claims: Claims): string {
  return `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}.`;
}

/** A key pair whose public half can be published as a key set. */
export class SigningKey {
  readonly kid: string;
  readonly publicKey: KeyObject;
  readonly #algorithm: 'RS256' | 'ES256';
  readonly #privateKey: KeyObject;

  constructor(algorithm: 'RS256' | 'ES256', kid: string) {
    const pair =
      algorithm === 'RS256'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.kid = kid;
    this.publicKey = pair.publicKey;
    this.#privateKey = pair.privateKey;
    this.#algorithm = algorithm;
  }

  /** As an entry of a JWKS. */
  published(): object {
    return { ...this.publicKey.export({ format: 'jwk' }), kid: this.kid, alg: this.#algorithm, use: 'sig' };
  }

  sign(claims: Claims): string {
    const signed = `${encode({ alg: this.#algorithm, kid: this.kid })}.${encode(claims)}`;
    // A JWS contains an ECDSA signature as r and s side by side (RFC 7518, 3.4), not as DER.
    const signature = sign('sha256', Buffer.from(signed), {
      key: this.#privateKey,
      dsaEncoding: 'ieee-p1363',
    });
    return `${signed}.${signature.toString('base64url')}`;
  }
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
