import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';
import { ProblemError } from '../../core/errors.ts';
import type { HostTokens, Vouched } from '../../ports/accounts.ts';
import type { Identity } from '../../ports/user-store.ts';

/** A host application's JWTs, signed with a shared secret (HS256 alone) or with keys it publishes. */
export function createHostTokens(options: { secret: string } | { jwksUrl: URL }): HostTokens {
  const verifyToken = 'secret' in options ? bySecret(options.secret) : byPublishedKeys(options.jwksUrl);
  return {
    async verify(token) {
      try {
        return vouchedBy(await verifyToken(token));
      } catch (cause) {
        // What isn't about the token (the key server is out of reach) isn't the caller's fault.
        if (!(cause instanceof errors.JOSEError) || cause instanceof errors.JWKSTimeout) throw cause;
        throw new ProblemError('unauthenticated', 'The token is not valid.', { cause });
      }
    },
  };
}

/** `sub` and `exp` are required; the algorithm is ours to choose, never the token's. */
const REQUIRED = { requiredClaims: ['sub', 'exp'] };

function bySecret(secret: string) {
  const key = new TextEncoder().encode(secret);
  return async (token: string): Promise<JWTPayload> => {
    const { payload } = await jwtVerify(token, key, { ...REQUIRED, algorithms: ['HS256'] });
    return payload;
  };
}

function byPublishedKeys(url: URL) {
  const keys = createRemoteJWKSet(url);
  const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'];
  return async (token: string): Promise<JWTPayload> => {
    const { payload } = await jwtVerify(token, keys, { ...REQUIRED, algorithms });
    return payload;
  };
}

function vouchedBy(payload: JWTPayload): Vouched {
  const { sub, iss, exp, name, email } = payload;
  if (exp === undefined) throw new errors.JWTInvalid('"exp" is missing');
  if (typeof sub !== 'string' || sub === '') throw new errors.JWTInvalid('"sub" must be a string');
  const identity: Identity = {
    issuer: `host:${iss ?? ''}`,
    subject: sub,
    kind: 'host',
    name: typeof name === 'string' ? name : sub,
    email: typeof email === 'string' ? email : null,
  };
  return { identity, until: exp * 1000 };
}
