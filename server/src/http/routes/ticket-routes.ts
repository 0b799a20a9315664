import { ticketBody } from '@millrace/protocol/requests';
import { Hono } from 'hono';
import { issueTicket } from '../auth/ticket.ts';
import type { Environment, HttpDependencies } from '../environment.ts';
import { readBody } from '../validation.ts';

/** Tickets, by which an `EventSource` that can't send who it is may ask one question. */
export function ticketRoutes(dependencies: HttpDependencies): Hono<Environment> {
  const body = ticketBody(dependencies.settings.maxMessageChars);
  return new Hono<Environment>().post('/tickets', async (c) => {
    const { message, chatId = null } = await readBody(c, body);
    const { ticket, expiresAt } = await issueTicket(dependencies, c.get('user').id, { message, chatId });
    return c.json({ ticket, expiresAt: new Date(expiresAt).toISOString() }, 201);
  });
}
