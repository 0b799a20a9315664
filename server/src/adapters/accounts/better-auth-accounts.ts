import { randomUUID, timingSafeEqual } from 'node:crypto';
import { betterAuth } from 'better-auth';
import type { BetterAuthOptions, BetterAuthRateLimitStorage } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { anonymous } from 'better-auth/plugins/anonymous';
import { bearer } from 'better-auth/plugins/bearer';
import { ProblemError } from '../../core/errors.ts';
import type { Accounts, AccountsEndpoint } from '../../ports/accounts.ts';
import type { Ids } from '../../ports/ids.ts';
import type { Logger } from '../../ports/logger.ts';
import type { QuotaCounter, QuotaCounters } from '../../ports/quota-counters.ts';
import type { Store } from '../../store/store.ts';
import type { Identity } from '../../store/transactions/users.ts';
import type { AccountsDatabase, BetterAuthDatabase, Refusals } from './accounts-database.ts';

export interface AccountsOptions {
  /** Closed with the accounts. */
  accountsDatabase: AccountsDatabase;
  secret: string;
  /** The path prefix of the server; empty for none. */
  prefix: string;
  /** The origin that browsers see, if it is known. With https, cookies are `Secure`. */
  publicUrl: string | null;
  guests: boolean;
  /** Rate limits for one IP address; null for none. */
  limits: AccountLimits | null;
  /** The token that the first sign-up needs to become administrator; null when none is needed. */
  setupToken: string | null;
  store: Store;
  ids: Ids;
  logger: Logger;
}

export interface AccountLimits {
  /** Applies to sign-ins, and separately to sign-ups. */
  signInsPerMinute: number;
  quotas: QuotaCounters;
}

/** The issuer of identities of this server. Issuers of host applications begin with `host:`, so none can have this name. */
const LOCAL_ISSUER = 'local';
const SETUP_HEADER = 'x-millrace-setup-token';
/** Overwritten on every request, so that callers can't set it. */
const ADDRESS_HEADER = 'x-millrace-client-address';

interface LocalUser {
  id: string;
  name: string;
  email: string;
  isAnonymous?: boolean | null | undefined;
}

/** Creates accounts that better-auth implements. */
export async function createAccounts(options: AccountsOptions): Promise<Accounts> {
  const { accountsDatabase, store, guests, setupToken } = options;
  const { refusals } = accountsDatabase;
  const settings = betterAuthOptions(options);
  try {
    await accountsDatabase.migrate(async (database) => {
      const { runMigrations } = await getMigrations({ ...settings, database });
      await runMigrations();
    });
  } catch (error) {
    await accountsDatabase.close();
    throw error;
  }
  const auth = betterAuth(settings);

  return {
    endpoints: endpointsOf(auth.api),
    async handle(request, clientAddress) {
      const path = new URL(request.url).pathname;
      if (path.endsWith('/sign-in/anonymous') && !guests) {
        throw new ProblemError('forbidden', 'This server takes no guests. Sign up or sign in.');
      }
      const headers = new Headers(request.headers);
      headers.set(ADDRESS_HEADER, clientAddress);
      const token = headers.get(SETUP_HEADER);
      if (path.endsWith('/sign-up/email') && token !== null && !matches(token, setupToken)) {
        throw new ProblemError(
          'forbidden',
          'The set-up token is wrong. Use the link that the server printed when it started.',
        );
      }
      // A new Request is built field by field, because the HTTP adapter's Request can't be copied.
      const { url } = request;
      // The HTTP adapter removes the body of the answer to a HEAD.
      const method = request.method === 'HEAD' ? 'GET' : request.method;
      const body = method === 'POST' ? await request.text() : null;
      return refusals.watch(() => auth.handler(new Request(url, { method, headers, body })));
    },
    async identify(headers) {
      const session = await refusals.watch(() => auth.api.getSession({ headers }));
      return session && identityOf(session.user);
    },
    remove: (identities) => refusals.watch(() => remove(identities)),
    close: () => accountsDatabase.close(),
  };

  async function remove(identities: readonly Pick<Identity, 'issuer' | 'subject'>[]): Promise<void> {
    const { internalAdapter } = await auth.$context;
    for (const { issuer, subject } of identities) {
      if (issuer !== LOCAL_ISSUER) continue;
      await internalAdapter.deleteUserSessions(subject);
      await internalAdapter.deleteUser(subject);
    }
  }

  function betterAuthOptions({ ids, logger, limits }: AccountsOptions) {
    const signInRule = limits !== null && { window: 60, max: limits.signInsPerMinute };
    return {
      basePath: `${options.prefix}/api/auth`,
      // Only the scheme of this URL has an effect, because no links are sent.
      baseURL: options.publicUrl ?? 'http://localhost',
      secret: options.secret,
      database: accountsDatabase.database,
      telemetry: { enabled: false },
      // Errors go to the caller of `handle`. better-auth would print them without our logger.
      onAPIError: { throw: true },
      emailAndPassword: { enabled: true },
      rateLimit: {
        enabled: limits !== null,
        window: 10,
        max: 100,
        customRules: {
          '/sign-in/email': signInRule,
          '/sign-up/email': signInRule,
          // Guests have their own limit per hour. better-auth's would be 3 in 10 s.
          '/sign-in/anonymous': false as const,
        },
        ...(limits !== null && { customStorage: rateLimitStorage(limits.quotas, refusals) }),
      },
      advanced: {
        cookiePrefix: 'millrace',
        // The caller of `handle` has checked the origin, as for the rest of the API. better-auth's own check knows one hostname only,
        // and is off when it detects a test.
        disableCSRFCheck: true,
        defaultCookieAttributes: { path: options.prefix === '' ? '/' : options.prefix },
        // The tables were just created. Validation would run during the first request and, if storage fails then, answer all waiting
        // requests with an error of its own.
        database: { generateId: () => ids.uuid(), validateSchema: false },
        ipAddress: { ipAddressHeaders: [ADDRESS_HEADER] },
      },
      logger: {
        log: (level: 'debug' | 'info' | 'warn' | 'error', message: string) =>
          logger[level]({ part: 'accounts' }, message),
      },
      plugins: [
        bearer(),
        anonymous({
          generateName: () => 'Guest',
          onLinkAccount: ({ anonymousUser, newUser }) =>
            store.adoptGuest(identityOf(anonymousUser.user), identityOf(newUser.user)),
        }),
      ],
      databaseHooks: {
        user: {
          create: {
            after: async (user: LocalUser, context: { headers?: Headers | undefined } | null) => {
              const token = context?.headers?.get(SETUP_HEADER) ?? null;
              const mayAdminister = setupToken === null || matches(token, setupToken);
              const isGuest = user.isAnonymous === true;
              try {
                await store.resolveUser(identityOf(user), { mayAdminister: mayAdminister && !isGuest });
              } catch (error) {
                // An account without a user would block its email address for ever, so it is removed.
                await remove([identityOf(user)]);
                refusals.record(error);
                throw error;
              }
            },
          },
        },
      },
    } satisfies BetterAuthOptions;
  }
}

/** A function of better-auth's API. Without a path it can't be called over HTTP. */
interface ApiFunction {
  path?: string;
  options: { method?: string | readonly string[] };
}

function endpointsOf(api: Readonly<Record<string, ApiFunction>>): AccountsEndpoint[] {
  return Object.values(api).flatMap(({ path, options: { method = [] } }) => {
    if (path === undefined) return [];
    const pattern = path.replaceAll(/:\w+/g, '*');
    return [method].flat().flatMap((each) => {
      return each === 'GET' || each === 'POST' ? [{ method: each, path: pattern }] : [];
    });
  });
}

/** The names of the tables that `createAccounts` would create or change. Changes nothing. */
export async function pendingAccountTables(database: BetterAuthDatabase): Promise<string[]> {
  const { toBeCreated, toBeAdded } = await getMigrations({ database, plugins: [bearer(), anonymous()] });
  return [...new Set([...toBeCreated, ...toBeAdded].map(({ table }) => table))];
}

/** Counts better-auth's rate limits with our quota counters. */
function rateLimitStorage(quotas: QuotaCounters, refusals: Refusals): BetterAuthRateLimitStorage {
  const counters = new Map<string, QuotaCounter>();
  return {
    async consume(key, { max, window }) {
      const name = `accounts-${max}-${window}`;
      let counter = counters.get(name);
      if (counter === undefined) {
        counter = quotas.counter({ name, points: max, windowMs: window * 1000 });
        counters.set(name, counter);
      }
      try {
        const { isTaken, resetsInMs } = await counter.take(key, randomUUID());
        return { allowed: isTaken, retryAfter: isTaken ? null : Math.max(1, Math.ceil(resetsInMs / 1000)) };
      } catch (error) {
        refusals.record(error);
        throw error;
      }
    },
  };
}

function identityOf(user: LocalUser): Identity {
  const isGuest = user.isAnonymous === true;
  return {
    issuer: LOCAL_ISSUER,
    subject: user.id,
    kind: isGuest ? 'guest' : 'password',
    name: user.name,
    email: isGuest ? null : user.email,
  };
}

/** Compares two tokens in constant time. */
function matches(given: string | null, expected: string | null): boolean {
  if (given === null || expected === null) return false;
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
