import { ticketBody } from '@millrace/protocol/requests';
import { z } from 'zod';
import { issueTicket } from '../auth/ticket.ts';
import type { HttpDependencies } from '../environment.ts';
import { json } from '../request-body.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { created } from '../route-answer.ts';

const ticketAnswer = z.strictObject({ ticket: z.string(), expiresAt: z.iso.datetime({ precision: 3 }) });

/** Tickets for one question each: an `EventSource` sends a ticket in its URL, because it can't send an `Authorization` header. */
export function ticketRoutes(dependencies: HttpDependencies): Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/tickets',
      id: 'createTicket',
      summary: 'Create a ticket for one question by `EventSource`',
      caller: 'user',
      body: json(ticketBody(dependencies.settings.maxMessageChars)),
      problems: ['not_found'],
      answers: [created(ticketAnswer, 'Valid for 60 seconds, and for one reply')],
      async handler({ c, user, body: { message, chatId = null } }) {
        const { ticket, expiresAt } = await issueTicket(dependencies, user.id, { message, chatId });
        return c.json({ ticket, expiresAt: new Date(expiresAt).toISOString() }, 201);
      },
    }),
  ];
}
