import type { IncomingMessage } from 'node:http';
import type { CanActivate, ModuleMetadata, Type } from '@nestjs/common';
import type { HostCaller } from '../http/auth/authentication.ts';
import type { MillraceOptions } from '../mount/options.ts';

export interface MillraceModuleOptions extends Omit<MillraceOptions, 'authenticate' | 'prefix'> {
  /** The path of the chat, such as `/chat`. A global prefix of the application must exclude it. */
  prefix: string;
  /** The guard that authenticates the application's users. It is created with the providers of `imports`. */
  guard: Type<CanActivate>;
  /** Returns the user of a request that the guard has allowed. */
  userOf: (request: never) => HostCaller | null | undefined;
  /** Modules that export what the guard needs. */
  imports?: ModuleMetadata['imports'];
}

export const OPTIONS = Symbol('MillraceModuleOptions');
export const MILLRACE = Symbol('Millrace');

/** The caller that the guard has found for a request. */
export const callers = new WeakMap<IncomingMessage, HostCaller>();
