import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import type { JWTPayload, JWTVerifyOptions } from 'jose';
import { ProblemError } from '../../core/errors.ts';
import type { JwtVerifier, VerifiedCredential } from '../../ports/accounts.ts';
import type { Identity } from '../../store/transactions/users.ts';

/** The required `iss` and `aud`; null allows any. */
interface Expected {
  issuer: string | null;
  audience: string | null;
}

/** Verifies a host application's JWTs, signed with a shared secret (HS256 only) or with keys that it publishes. */
export function createJwtVerifier(
  source: { secret: string } | { jwksUrl: URL },
  { issuer, audience }: Expected,
): JwtVerifier {
  // `sub` and `exp` are required. The server chooses the allowed algorithms, never the token.
  const options = {
    requiredClaims: ['sub', 'exp'],
    ...(issuer !== null && { issuer }),
    ...(audience !== null && { audience }),
  };
  const verifyToken =
    'secret' in source
      ? verifyWithSecret(source.secret, options)
      : verifyWithPublishedKeys(source.jwksUrl, options);
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

function verifyWithSecret(secret: string, options: JWTVerifyOptions): VerifyToken {
  const key = new TextEncoder().encode(secret);
  return async (token) => {
    const { payload } = await jwtVerify(token, key, { ...options, algorithms: ['HS256'] });
    return payload;
  };
}

function verifyWithPublishedKeys(url: URL, options: JWTVerifyOptions): VerifyToken {
  const keys = createRemoteJWKSet(url);
  const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'];
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, { ...options, algorithms });
      return payload;
    } catch (cause) {
      if (isTokenError(cause)) throw cause;
      // The key server can't be reached or publishes no usable keys, which isn't the caller's fault.
      throw new ProblemError(
        'identity_unavailable',
        'The token can’t be verified at the moment. Try again later.',
        {
          cause,
        },
      );
    }
  };
}

/** Errors of tokens. jose has no base class for them: its `JOSEError` includes errors of the key server. */
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
