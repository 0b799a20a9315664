import { setting } from '../setting.ts';
import * as type from '../setting-types.ts';

export const accounts = {
  GUESTS: setting({
    type: type.onOff,
    default: 'on',
    description: 'Whether people can use the server without an account.',
  }),
  GUESTS_PER_IP_PER_HOUR: setting({
    type: type.limit(),
    default: '10',
    description: 'New guests from one IP address.',
  }),
  SIGN_INS_PER_MINUTE: setting({
    type: type.limit(),
    default: '10',
    description: 'Sign-in attempts from one IP address.',
  }),
  JWT_SECRET: setting({
    type: type.secret,
    description: "Accepts your application's JWTs, signed with this secret (HS256). Excludes `JWKS_URL`.",
  }),
  JWKS_URL: setting({
    type: type.httpUrl,
    description: "Accepts your application's JWTs, signed with keys that it publishes at this URL.",
  }),
  JWT_AUDIENCE: setting({
    type: type.text,
    description: 'The `aud` that a JWT must have. Required with `JWKS_URL`.',
  }),
  JWT_ISSUER: setting({ type: type.text, description: 'The `iss` that a JWT must have. Default: any.' }),
};
