import type { IncomingMessage } from 'node:http';
import type { CanActivate, ModuleMetadata, Type } from '@nestjs/common';
import type { HostCaller } from '../http/auth/host-authenticator.ts';
import type { MillraceOptions } from '../mount/options.ts';

/** @typeParam Request what the application's guards find their user on */
export interface MillraceModuleOptions extends Omit<MillraceOptions, 'authenticate' | 'prefix'> {
  /** The path of the chat, such as `/chat`. A global prefix of the application must leave it out. */
  prefix: string;
  /** The guard that knows the application's users. It is made with what `imports` give. */
  guard: Type<CanActivate>;
  /** Reads from a request, as the guard left it, who sent it. */
  userOf: (request: never) => HostCaller | null | undefined;
  /** Modules that export what the guard needs. */
  imports?: ModuleMetadata['imports'];
}

export const OPTIONS = Symbol('MillraceModuleOptions');
export const MILLRACE = Symbol('Millrace');

/** Whom the guard has found behind a request that is on its way to the chat. */
export const callers = new WeakMap<IncomingMessage, HostCaller>();
