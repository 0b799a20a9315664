import { ProblemError } from '../../core/errors.ts';
import type { AppContext, HttpDependencies } from '../environment.ts';
import type { Authenticator, Caller } from './authenticator.ts';
import { isFromLoopback } from './client-address.ts';
import { checkHost } from './host.ts';
import { checkOrigin } from './origin.ts';

/**
 * Who may call a route:
 * - `anyone`: no credentials are read.
 * - `user`: any authenticated user, also by API key.
 * - `session`: a user who signed in; API keys are refused.
 * - `admin`: an administrator who signed in.
 * - `operator`: an administrator who signed in, a holder of an operator pass (`?pass=`), or a direct connection from this machine.
 * - `user-or-operator`: any authenticated user, or an operator.
 */
export type CallerRule = 'anyone' | 'user' | 'session' | 'admin' | 'operator' | 'user-or-operator';

/** A caller that may be no user: the operator of this server, or anyone at all. */
export interface OperatorOrUser {
  user: Caller['user'] | null;
  credential: Caller['credential'] | 'ticket' | 'pass' | 'loopback';
}

export interface Anyone {
  user: null;
  credential: 'none';
}

const ANYONE: Anyone = { user: null, credential: 'none' };

type AccessDependencies = Pick<HttpDependencies, 'store' | 'settings' | 'isOperatorPass'>;

/** Decides who may call a route. */
export class AccessControl {
  readonly #authenticator: Authenticator;
  readonly #dependencies: AccessDependencies;

  constructor(authenticator: Authenticator, dependencies: AccessDependencies) {
    this.#authenticator = authenticator;
    this.#dependencies = dependencies;
  }

  /** @throws ProblemError `unauthenticated`, `forbidden`, `identity_unavailable` */
  admit(rule: CallerRule, c: AppContext): Promise<Caller | OperatorOrUser> | Anyone {
    switch (rule) {
      case 'anyone':
        return ANYONE;
      case 'user':
        return this.admitUser(c);
      case 'session':
        return this.#admitSession(c);
      case 'admin':
        return this.#admitAdministrator(c);
      case 'operator':
      case 'user-or-operator':
        return this.#admitOperator(c, rule);
    }
  }

  /** @throws ProblemError `forbidden` for a hostname that isn't ours */
  checkHost(c: AppContext): void {
    checkHost(c, this.#dependencies.settings.hostnames);
  }

  /** @throws ProblemError `unauthenticated`, `forbidden`, `identity_unavailable` */
  async admitUser(c: AppContext): Promise<Caller> {
    const caller = await this.#authenticator.authenticate(c);
    if (caller.credential === 'cookie') checkOrigin(c, this.#dependencies.settings.trustedOrigins);
    return caller;
  }

  async #admitSession(c: AppContext): Promise<Caller> {
    const caller = await this.admitUser(c);
    if (caller.credential === 'key') {
      throw new ProblemError('forbidden', 'API keys are not accepted here. Sign in.');
    }
    return caller;
  }

  async #admitAdministrator(c: AppContext): Promise<Caller> {
    const caller = await this.#admitSession(c);
    // Read from the store, not from the cached user: a removed role takes effect at once.
    const { user } = await this.#dependencies.store.findAccount(caller.user.id);
    if (!user.roles.includes('admin')) {
      throw new ProblemError('forbidden', 'Only administrators may do this.');
    }
    return caller;
  }

  async #admitOperator(c: AppContext, rule: 'operator' | 'user-or-operator'): Promise<OperatorOrUser> {
    const { settings, isOperatorPass } = this.#dependencies;
    const pass = c.req.query('pass');
    if (pass !== undefined) {
      if (isOperatorPass(pass)) return { user: null, credential: 'pass' };
      throw new ProblemError('unauthenticated', 'The pass is not valid on this server, or has expired.');
    }
    if (!settings.isProxied && isFromLoopback(c)) return { user: null, credential: 'loopback' };
    return rule === 'operator' ? this.#admitAdministrator(c) : this.admitUser(c);
  }
}
