import { randomUUID } from 'node:crypto';
import { createMillrace, settingsIn } from '@millrace/server'; // chat
import express from 'express';

interface Person {
  id: string;
  name: string;
}

/** The signed-in people by session. A real application checks a password and stores sessions in its database. */
const sessions = new Map<string, Person>();

const app = express();
app.use(express.json());
app.use(express.static(new URL('../public', import.meta.url).pathname));

app.post('/sign-in', (request, response) => {
  const { name } = request.body as { name: string };
  const session = randomUUID();
  sessions.set(session, { id: name.toLowerCase(), name });
  response.cookie('session', session, { httpOnly: true, sameSite: 'lax' }).status(204).end();
});

function personOf(cookies: string | null): Person | null {
  const [, session = ''] = /(?:^|; )session=([^;]+)/.exec(cookies ?? '') ?? [];
  return sessions.get(session) ?? null;
}

const authenticate = (request: Request) => personOf(request.headers.get('cookie')); // chat
const settings = settingsIn(process.env); // chat
const millrace = await createMillrace({ prefix: '/chat', settings, authenticate }); // chat
app.use(millrace.handler); // chat

const port = Number(process.env.PORT ?? 3000);
const server = app.listen(port, '127.0.0.1', () => {
  process.stdout.write(`The application is at http://127.0.0.1:${port}\n`);
});

process.once('SIGTERM', () => void end());

async function end(): Promise<void> {
  server.close();
  await millrace.close(); // chat
  server.closeAllConnections();
}
