import type { Millrace } from '@millrace/server';
import { personOf } from './sessions';

const kept = globalThis as { millrace?: Promise<Millrace> };

/** The chat, opened when it is first asked for: one in this process, however often this module is loaded. */
export function millrace(): Promise<Millrace> {
  kept.millrace ??= open();
  return kept.millrace;
}

async function open(): Promise<Millrace> {
  // Node loads it as it is, not as a part of the bundle: it has a database, and files beside its own.
  const { createMillrace, settingsIn } = await import(/* turbopackIgnore: true */ '@millrace/server');
  return createMillrace({
    prefix: '/chat',
    settings: settingsIn(process.env),
    authenticate: (request) => personOf(request.headers.get('cookie')),
  });
}
