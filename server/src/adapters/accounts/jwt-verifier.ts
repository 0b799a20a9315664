import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import type { JWTPayload, JWTVerifyOptions } from 'jose';
import { ProblemError } from '../../core/errors.ts';
import type { JwtVerifier, VerifiedCredential } from '../../ports/accounts.ts';
import type { Identity } from '../../store/transactions/users.ts';

/** What `iss` and `aud` must be; null takes any. */
interface Expected {
  issuer: string | null;
  audience: string | null;
}

/** A host application's JWTs, signed with a shared secret (HS256 alone) or with keys it publishes. */
export function createJwtVerifier(
  source: { secret: string } | { jwksUrl: URL },
  { issuer, audience }: Expected,
): JwtVerifier {
  // `sub` and `exp` are required; the algorithm is ours to choose, never the token's.
  const demands = {
    requiredClaims: ['sub', 'exp'],
    ...(issuer !== null && { issuer }),
    ...(audience !== null && { audience }),
  };
  const verifyToken =
    'secret' in source ? bySecret(source.secret, demands) : byPublishedKeys(source.jwksUrl, demands);
  return {
    async verify(token) {
      try {
        return credentialOf(await verifyToken(token));
      } catch (cause) {
        if (!isTokenError(cause)) throw cause;
        throw new ProblemError('unauthenticated', 'The token is not valid.', { cause });
      }
    },
  };
}

type VerifyToken = (token: string) => Promise<JWTPayload>;

function bySecret(secret: string, demands: JWTVerifyOptions): VerifyToken {
  const key = new TextEncoder().encode(secret);
  return async (token) => {
    const { payload } = await jwtVerify(token, key, { ...demands, algorithms: ['HS256'] });
    return payload;
  };
}

function byPublishedKeys(url: URL, demands: JWTVerifyOptions): VerifyToken {
  const keys = createRemoteJWKSet(url);
  const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'];
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, { ...demands, algorithms });
      return payload;
    } catch (cause) {
      if (isTokenError(cause)) throw cause;
      // The key server is out of reach, or publishes no keys that can be used: not the caller's fault.
      throw new ProblemError('identity_unavailable', 'Your token cannot be checked right now. Try again.', {
        cause,
      });
    }
  };
}

/** jose has no base class for what is wrong with a token: its `JOSEError` also stands for a bad key server. */
const TOKEN_ERRORS = [
  errors.JWTExpired,
  errors.JWTClaimValidationFailed,
  errors.JWTInvalid,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
];

function isTokenError(error: unknown): boolean {
  return TOKEN_ERRORS.some((TokenError) => error instanceof TokenError);
}

function credentialOf(payload: JWTPayload): VerifiedCredential {
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
  return { identity, expiresAt: exp * 1000 };
}
