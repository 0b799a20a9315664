import { timingSafeEqual } from 'node:crypto';
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { betterAuth } from 'better-auth';
import type { BetterAuthOptions } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { anonymous } from 'better-auth/plugins/anonymous';
import { bearer } from 'better-auth/plugins/bearer';
import { ProblemError } from '../../core/errors.ts';
import type { Accounts } from '../../ports/accounts.ts';
import type { Ids } from '../../ports/ids.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Identity, UserStore } from '../../ports/user-store.ts';
import { WatchedDatabase } from './watched-database.ts';

export interface AccountsOptions {
  /** A SQLite file of its own: better-auth keeps transactions open across awaits, which the log's connection must not. */
  file: string;
  secret: string;
  /** The path that all of this server is under; empty for none. */
  prefix: string;
  /** Where the browser sees this server, if that is known: cookies are `Secure` when it is by https. */
  publicUrl: string | null;
  guests: boolean;
  /** Sign-ins and sign-ups a minute from one address; null for no limit. */
  signInsPerMinute: number | null;
  /** Asked of whoever signs up first, to become the administrator; null when anybody may. */
  setupToken: string | null;
  store: UserStore;
  ids: Ids;
  logger: Logger;
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

/** How long a write waits for another process's, on the event loop (ms). */
const LOCK_PATIENCE = 500;

/** Accounts by better-auth. */
export async function createAccounts(options: AccountsOptions): Promise<Accounts> {
  const { store, guests, setupToken } = options;
  const database = new WatchedDatabase(options.file, { timeout: LOCK_PATIENCE });
  const settings = betterAuthOptions(options, database);
  try {
    await migrate(settings, database);
  } catch (error) {
    database.close();
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
      return database.watch(() => auth.handler(new Request(url, { method, headers, body })));
    },
    async identify(headers) {
      const session = await database.watch(() => auth.api.getSession({ headers }));
      return session && identityOf(session.user);
    },
    remove,
    async close() {
      database.close();
    },
  };

  async function remove(identities: readonly Pick<Identity, 'issuer' | 'subject'>[]): Promise<void> {
    const { internalAdapter } = await auth.$context;
    for (const { issuer, subject } of identities) {
      if (issuer !== LOCAL_ISSUER) continue;
      await internalAdapter.deleteUserSessions(subject);
      await internalAdapter.deleteUser(subject);
    }
  }

  function betterAuthOptions({ ids, logger, signInsPerMinute }: AccountsOptions, database: WatchedDatabase) {
    const signInRule = signInsPerMinute === null ? (false as const) : { window: 60, max: signInsPerMinute };
    return {
      basePath: `${options.prefix}/api/auth`,
      // Of this URL only the scheme has an effect: no links are sent.
      baseURL: options.publicUrl ?? 'http://localhost',
      secret: options.secret,
      database,
      telemetry: { enabled: false },
      emailAndPassword: { enabled: true },
      rateLimit: {
        enabled: signInsPerMinute !== null,
        window: 10,
        max: 100,
        customRules: {
          '/sign-in/email': signInRule,
          '/sign-up/email': signInRule,
          // Guests have a limit of their own, by the hour; better-auth's is 3 in 10 s.
          '/sign-in/anonymous': false as const,
        },
      },
      advanced: {
        cookiePrefix: 'millrace',
        // Whoever calls `handle` has checked the origin, by the rule for all of the API. better-auth's own would know us by one
        // name only, and is off whenever it believes itself in a test.
        disableCSRFCheck: true,
        defaultCookieAttributes: { path: options.prefix === '' ? '/' : options.prefix },
        database: { generateId: () => ids.uuid() },
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
                database.note(error);
                throw error;
              }
            },
          },
        },
      },
    } satisfies BetterAuthOptions;
  }
}

/** Makes better-auth's tables, all or none: of two processes that begin at once, the second finds them made. */
async function migrate(settings: BetterAuthOptions, database: DatabaseSync): Promise<void> {
  database.exec('pragma journal_mode = wal; pragma synchronous = full; begin immediate');
  const { runMigrations } = await getMigrations(settings);
  await runMigrations();
  database.exec('commit');
}

/** Names of the tables that `createAccounts` would make or change. Changes nothing. @param file need not exist */
export async function pendingAccountTables(file: string): Promise<string[]> {
  const database = existsSync(file)
    ? new DatabaseSync(file, { readOnly: true })
    : new DatabaseSync(':memory:');
  try {
    const { toBeCreated, toBeAdded } = await getMigrations({ database, plugins: [bearer(), anonymous()] });
    return [...new Set([...toBeCreated, ...toBeAdded].map(({ table }) => table))];
  } finally {
    database.close();
  }
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
