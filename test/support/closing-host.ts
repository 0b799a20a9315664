// A host application that answers one question, closes the chat, and then has nothing that keeps it running.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMillrace, settingsIn } from '@millrace/server';

const ada = { id: 'ada' };
const millrace = await createMillrace({ settings: settingsIn(process.env), authenticate: () => ada });
const server = createServer(millrace.handler).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const headers = { 'content-type': 'application/json', connection: 'close' };

const chat = await millrace.service.createChat(ada);
const path = `${url}/api/chats/${chat.id}/messages`;
const answer = await fetch(path, { method: 'POST', headers, body: '{"content":"Hello"}' });
process.stdout.write(await answer.text());
// A follower that stays connected.
const channel = await fetch(`${url}/api/chats/${chat.id}/events`, { headers });

server.close();
await millrace.close();
await channel.text().catch((error: unknown) => process.stdout.write(`cut off: ${String(error)}\n`));
process.stdout.write('closed\n');
