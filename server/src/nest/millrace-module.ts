import type { IncomingMessage, ServerResponse } from 'node:http';
import { All, Controller, Inject, Module, Req, Res, UseGuards } from '@nestjs/common';
import type { BeforeApplicationShutdown, DynamicModule } from '@nestjs/common';
import { createMillrace } from '../composition/millrace.ts';
import type { Millrace } from '../composition/millrace.ts';
import { MillraceService } from '../mount/millrace-service.ts';
import { MillraceGuard } from './millrace-guard.ts';
import { callers, MILLRACE, OPTIONS } from './module-options.ts';
import type { MillraceModuleOptions } from './module-options.ts';

/** The chat as a module of a NestJS application on Express. It exports `MillraceService`. */
export class MillraceModule implements BeforeApplicationShutdown {
  readonly #millrace: Millrace;

  constructor(millrace: Millrace) {
    this.#millrace = millrace;
  }

  static forRoot(options: MillraceModuleOptions): DynamicModule {
    const authenticate = (_request: unknown, incoming: IncomingMessage | undefined) =>
      incoming === undefined ? null : callers.get(incoming);
    return {
      module: MillraceModule,
      imports: options.imports ?? [],
      controllers: [controllerAt(options.prefix)],
      providers: [
        { provide: OPTIONS, useValue: options },
        { provide: MILLRACE, useFactory: () => createMillrace({ ...options, authenticate }) },
        { provide: MillraceService, useFactory: ({ service }: Millrace) => service, inject: [MILLRACE] },
        MillraceGuard,
      ],
      exports: [MillraceService],
    };
  }

  /** Nest calls this before it closes connections, so that running replies can finish. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.#millrace.close();
  }
}

Module({})(MillraceModule);
Inject(MILLRACE)(MillraceModule, undefined, 0);

/** Creates a controller class for one module, because the path and the guard are properties of the class. */
function controllerAt(prefix: string) {
  class MillraceController {
    readonly #millrace: Millrace;

    constructor(millrace: Millrace) {
      this.#millrace = millrace;
    }

    answer(incoming: IncomingMessage, outgoing: ServerResponse): void {
      this.#millrace.handler(incoming, outgoing);
    }
  }

  Inject(MILLRACE)(MillraceController, undefined, 0);
  Req()(MillraceController.prototype, 'answer', 0);
  Res()(MillraceController.prototype, 'answer', 1);
  const descriptor = Object.getOwnPropertyDescriptor(MillraceController.prototype, 'answer');
  if (descriptor !== undefined) {
    All(['', '{*path}'])(MillraceController.prototype, 'answer', descriptor);
  }
  UseGuards(MillraceGuard)(MillraceController);
  Controller(prefix)(MillraceController);
  return MillraceController;
}
