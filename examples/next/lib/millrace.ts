import type { Millrace } from '@millrace/server';
import { personOf } from './sessions';

const shared = globalThis as { millrace?: Promise<Millrace> };

/** The chat, created at the first request: one for the process, however often this module is loaded. */
export function millrace(): Promise<Millrace> {
  shared.millrace ??= create();
  return shared.millrace;
}

async function create(): Promise<Millrace> {
  // Loaded by Node outside the bundle, because it opens a database and reads files next to its modules.
  const { createMillrace, settingsIn } = await import(/* turbopackIgnore: true */ '@millrace/server');
  return createMillrace({
    prefix: '/chat',
    settings: settingsIn(process.env),
    authenticate: (request) => personOf(request.headers.get('cookie')),
  });
}
