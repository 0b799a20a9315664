import type { IncomingMessage } from 'node:http';
import { Inject, Injectable, UnauthorizedException } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { lastValueFrom, isObservable } from 'rxjs';
import { callers, OPTIONS } from './module-options.ts';
import type { MillraceModuleOptions } from './module-options.ts';

/**
 * Asks the application's own guard who sent a request, and hands that to the chat. Whom the guard doesn't know is let through
 * as nobody: the chat answers a 401 of its own shape, and what needs no caller.
 */
export class MillraceGuard implements CanActivate {
  readonly #options: MillraceModuleOptions;
  readonly #modules: ModuleRef;
  #guard: Promise<CanActivate> | null = null;

  constructor(options: MillraceModuleOptions, modules: ModuleRef) {
    this.#options = options;
    this.#modules = modules;
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    // Made with what this module and its imports have, as Nest makes the guards of a controller.
    this.#guard ??= this.#modules.create(this.#options.guard);
    const guard = await this.#guard;
    const request: IncomingMessage = context.switchToHttp().getRequest();
    if (!(await isLetIn(guard, context))) return true;
    const caller = this.#options.userOf(request as never);
    if (caller !== null && caller !== undefined) callers.set(request, caller);
    return true;
  }
}

async function isLetIn(guard: CanActivate, context: ExecutionContext): Promise<boolean> {
  try {
    const answer = guard.canActivate(context);
    return await (isObservable(answer) ? lastValueFrom(answer) : answer);
  } catch (error) {
    if (error instanceof UnauthorizedException) return false;
    throw error;
  }
}

// Decorators as calls: Node runs these sources as they are, and has no syntax for them.
Injectable()(MillraceGuard);
Inject(OPTIONS)(MillraceGuard, undefined, 0);
Inject(ModuleRef)(MillraceGuard, undefined, 1);
