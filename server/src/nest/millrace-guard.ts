import type { IncomingMessage } from 'node:http';
import { Inject, Injectable, UnauthorizedException } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { lastValueFrom, isObservable } from 'rxjs';
import { callers, OPTIONS } from './module-options.ts';
import type { MillraceModuleOptions } from './module-options.ts';

/**
 * Runs the application's own guard, and passes the user that it finds to the chat. A request that the guard refuses is passed
 * without a user: the chat answers with its own 401, or serves what needs no user.
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
    // Created with the providers of this module and its imports, as Nest creates the guards of a controller.
    this.#guard ??= this.#modules.create(this.#options.guard);
    const guard = await this.#guard;
    const request: IncomingMessage = context.switchToHttp().getRequest();
    if (!(await isAllowed(guard, context))) return true;
    const caller = this.#options.userOf(request as never);
    if (caller !== null && caller !== undefined) callers.set(request, caller);
    return true;
  }
}

async function isAllowed(guard: CanActivate, context: ExecutionContext): Promise<boolean> {
  try {
    const answer = guard.canActivate(context);
    return await (isObservable(answer) ? lastValueFrom(answer) : answer);
  } catch (error) {
    if (error instanceof UnauthorizedException) return false;
    throw error;
  }
}

// Decorators are called as functions: Node runs these TypeScript files directly, and has no decorator syntax.
Injectable()(MillraceGuard);
Inject(OPTIONS)(MillraceGuard, undefined, 0);
Inject(ModuleRef)(MillraceGuard, undefined, 1);
