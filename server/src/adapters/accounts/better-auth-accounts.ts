import { randomUUID, timingSafeEqual } from 'node:crypto';
import { betterAuth } from 'better-auth';
import type { BetterAuthOptions, BetterAuthRateLimitStorage } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { anonymous } from 'better-auth/plugins/anonymous';
import { bearer } from 'better-auth/plugins/bearer';
import { ProblemError } from '../../core/errors.ts';
import type { Accounts } from '../../ports/accounts.ts';
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
  /** The path that all of this server is under; empty for none. */
  prefix: string;
  /** Where the browser sees this server, if that is known: cookies are `Secure` when it is by https. */
  publicUrl: string | null;
  guests: boolean;
  /** For one address; null for none. */
  limits: AccountLimits | null;
  /** Asked of whoever signs up first, to become the administrator; null when anybody may. */
  setupToken: string | null;
  store: Store;
  ids: Ids;
  logger: Logger;
}

export interface AccountLimits {
  /** Sign-ins, and as many sign-ups. */
  signInsPerMinute: number;
  quotas: QuotaCounters;
}

/** Vouches for those who signed in here. No host application's issuer can have this name: those begin with `host:`. */
const LOCAL_ISSUER = 'local';
const SETUP_HEADER = 'x-millrace-setup-token';
/** Set by us on every request, whatever the caller sent. */
const ADDRESS_HEADER = 'x-millrace-client-address';

interface LocalUser {
  id: string;
  name: string;
  email: string;
  isAnonymous?: boolean | null | undefined;
}

/** Accounts by better-auth. */
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
    async handle(request, clientAddress) {
      const path = new URL(request.url).pathname;
      if (path.endsWith('/sign-in/anonymous') && !guests) {
        throw new ProblemError('forbidden', 'Guests are not welcome on this server. Please sign up.');
      }
      const headers = new Headers(request.headers);
      headers.set(ADDRESS_HEADER, clientAddress);
      const token = headers.get(SETUP_HEADER);
      if (path.endsWith('/sign-up/email') && token !== null && !matches(token, setupToken)) {
        throw new ProblemError(
          'forbidden',
          'The set-up token is wrong. The server printed it when it started.',
        );
      }
      // Written out: the adapter's requests are not always the platform's own, which alone can be copied.
      const { url, method } = request;
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
      // Of this URL only the scheme has an effect: no links are sent.
      baseURL: options.publicUrl ?? 'http://localhost',
      secret: options.secret,
      database: accountsDatabase.database,
      telemetry: { enabled: false },
      // What went wrong is for whoever called `handle`; else it is printed, past the logger.
      onAPIError: { throw: true },
      emailAndPassword: { enabled: true },
      rateLimit: {
        enabled: limits !== null,
        window: 10,
        max: 100,
        customRules: {
          '/sign-in/email': signInRule,
          '/sign-up/email': signInRule,
          // Guests have a limit of their own, by the hour; better-auth's is 3 in 10 s.
          '/sign-in/anonymous': false as const,
        },
        ...(limits !== null && { customStorage: countedBy(limits.quotas, refusals) }),
      },
      advanced: {
        cookiePrefix: 'millrace',
        // Whoever calls `handle` has checked the origin, by the rule for all of the API. better-auth's own would know us by one
        // name only, and is off whenever it believes itself in a test.
        disableCSRFCheck: true,
        defaultCookieAttributes: { path: options.prefix === '' ? '/' : options.prefix },
        // The tables have just been made. It would look at them in the midst of somebody's request, and tell all others who wait for
        // that, in its own words, that storage was away.
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
                // Left as it is, the account would hold the address and never be the administrator's.
                await remove([identityOf(user)]);
                refusals.note(error);
                throw error;
              }
            },
          },
        },
      },
    } satisfies BetterAuthOptions;
  }
}

/** Names of the tables that `createAccounts` would make or change there. Changes nothing. */
export async function pendingAccountTables(database: BetterAuthDatabase): Promise<string[]> {
  const { toBeCreated, toBeAdded } = await getMigrations({ database, plugins: [bearer(), anonymous()] });
  return [...new Set([...toBeCreated, ...toBeAdded].map(({ table }) => table))];
}

/** What better-auth counts of an address and path, counted as all else is. */
function countedBy(quotas: QuotaCounters, refusals: Refusals): BetterAuthRateLimitStorage {
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
        refusals.note(error);
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

/** Compares in constant time. */
function matches(given: string | null, expected: string | null): boolean {
  if (given === null || expected === null) return false;
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
