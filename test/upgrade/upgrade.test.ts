/**
 * Runs the current server on the data of earlier versions. Each folder beside this file is a recorded state: `record-state.ts` adds
 * one, and these tests then run on it too.
 */
import type { ImportedChatAnswer } from '@millrace/protocol/chat-file';
import { startSimulator } from 'millrace-gemini-simulator';
import type { Simulator } from 'millrace-gemini-simulator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isPostgresMissing } from '../../server/src/store/postgres/postgres.fixture.ts';
import { CommandLine } from '../support/command.ts';
import { ServerProcess } from '../support/server-process.ts';
import { auth, signUp } from '../support/sign-in.ts';
import { testEnvironment } from '../support/test-server.ts';
import { until } from '../support/until.ts';
import { readRawEvents, RecordingClient, replyOf, textOf } from './recording-client.ts';
import type { RawEvent } from './recording-client.ts';
import { inCurrentNames } from './renamed-fields.ts';
import { recordedStates, restoreState } from './restored-state.ts';
import type { RestoredState } from './restored-state.ts';

interface StoredMessage {
  id: string;
  status: string;
  tokensUsed: number | null;
  parts: { type: string; text?: string }[];
}

const states = await recordedStates();

describe.each(states)('the state %s', (name) => {
  describe.each(['sqlite', 'postgres'] as const)('in %s', (storage) => {
    describe.skipIf(storage === 'postgres' && isPostgresMissing)('(MILLRACE_POSTGRES)', () => {
      let restored: RestoredState;
      let simulator: Simulator;
      let machine: CommandLine;
      let server: ServerProcess;
      let environment: Record<string, string>;
      beforeAll(async () => {
        restored = await restoreState(name, storage);
        simulator = await startSimulator();
        machine = new CommandLine();
        // Prunes no events, however old the state is.
        const settings = { ...restored.settings, EVENT_RETENTION: '36500d' };
        environment = { ...testEnvironment(simulator.url, ''), ...settings };
        server = await ServerProcess.start(environment);
      });
      afterAll(async () => {
        await server.terminate();
        await simulator.close();
        machine[Symbol.dispose]();
        await restored.remove();
      });

      const clientOf = (person: string | null): RecordingClient =>
        new RecordingClient(
          person ?? '',
          server.url,
          person === null ? '' : (restored.state.tokens[person] ?? ''),
        );
      const messagesOf = async (person: string, chatId: string) =>
        (await clientOf(person).json<{ items: StoredMessage[] }>('GET', `/api/chats/${chatId}/messages`))
          .items;
      const recorded = <Item>(items: readonly Item[]) => {
        expect(items.length).toBeGreaterThan(0);
        return items;
      };

      test('replies that were running end as interrupted, with the text that their readers had received, and can be continued', async () => {
        for (const { as: person, chatId, messageId, generationId, seenText } of recorded(
          restored.state.running,
        )) {
          const replyIn = async () => (await messagesOf(person, chatId)).find(({ id }) => id === messageId);
          await until('the reply has ended', async () => (await replyIn())?.status !== 'running');
          const message = await replyIn();
          expect(message).toMatchObject({ status: 'interrupted', tokensUsed: expect.any(Number) });
          const text = message === undefined ? '' : textOf(message);
          expect(text.startsWith(seenText)).toBe(true);
          expect(await replay(clientOf(person), generationId)).toMatchObject({ text, status: 'interrupted' });
          const continued = await clientOf(person).reply(`/api/messages/${messageId}/continue`, {});
          expect(continued.status).toBe('completed');
        }
      });

      test('every answer is unchanged, except for renamed fields', async () => {
        const { answers, protocol } = restored.state;
        for (const { as: person, path, body } of recorded(answers)) {
          expect(await clientOf(person).json('GET', path), path).toMatchObject(
            inCurrentNames(body, protocol) as object,
          );
        }
      });

      test('every user has the same chats, authenticated by session, API key or JWT', async () => {
        for (const [person, chatIds] of recorded(Object.entries(restored.state.chatIds))) {
          const client = clientOf(person);
          const lists = [false, true].map((archived) =>
            client.json<{ items: { id: string }[] }>('GET', `/api/chats?archived=${archived}`),
          );
          const ids = (await Promise.all(lists)).flatMap(({ items }) => items.map(({ id }) => id));
          expect(ids.toSorted(), person).toEqual(chatIds.toSorted());
        }
      });

      test('every image and file has the same bytes', async () => {
        for (const { as: person, path, mimeType, sha256 } of recorded(restored.state.media)) {
          expect(await clientOf(person).media(path), path).toEqual({ mimeType, sha256 });
        }
      });

      test('finished replies are streamed with the same text and the same end', async () => {
        for (const { as: person, generationId, ...ended } of recorded(restored.state.replays)) {
          expect(await replay(clientOf(person), generationId), generationId).toMatchObject(ended);
        }
      });

      test('no event of an older protocol remains: a finished reply is a snapshot and its end, a running one was continued', async () => {
        for (const { as: person, generationId } of recorded(restored.state.replays)) {
          const events = await eventsOf(clientOf(person), generationId);
          expect(events.map(({ event }) => event)).toEqual([
            'snapshot',
            expect.stringMatching(/^(done|error)$/),
          ]);
          expectCurrentNames(events, restored.state.protocol);
        }
        for (const { as: person, generationId } of recorded(restored.state.running)) {
          const events = await eventsOf(clientOf(person), generationId);
          expect(events[0]).toMatchObject({ event: 'meta', data: { protocol: 2 } });
          expectCurrentNames(events, restored.state.protocol);
        }
      });

      test('a channel has only its newest event, whose number shows that earlier ones are missing', async () => {
        for (const { as: person, generationId } of recorded(restored.state.replays)) {
          const { chatId } = await clientOf(person).json<{ chatId: string }>(
            'GET',
            `/api/generations/${generationId}`,
          );
          const response = await clientOf(person).fetch('GET', `/api/chats/${chatId}/events?after=0`);
          const { value } = (await response.body?.getReader().read()) ?? {};
          const [, id = '', data = ''] =
            /^id: .*:(\d+)\nevent: .*\ndata: (.*)\n/.exec(new TextDecoder().decode(value)) ?? [];
          expect(Number(id)).toBeGreaterThan(1);
          expectCurrentNames(JSON.parse(data), restored.state.protocol);
        }
      });

      test('exports are unchanged, except for renamed fields, and exports of the old version can be imported', async () => {
        const importer = await signUp(server.url);
        for (const { as: person, chatId, document } of recorded(restored.state.exports)) {
          const {
            version: _version,
            exportedAt: _exportedAt,
            ...content
          } = inCurrentNames(document, restored.state.protocol) as Record<string, unknown>;
          expect(await clientOf(person).json('GET', `/api/chats/${chatId}/export`)).toMatchObject(content);
          const { chat } = await importer.json<ImportedChatAnswer>('POST', '/api/chats/import', document);
          const texts = (await importer.messages(chat.id)).map((message) => textOf(message));
          const messages = document['messages'] as (StoredMessage & { role: string })[];
          const expected = messages.flatMap((message) =>
            message.role === 'system' ? [] : [textOf(message)],
          );
          expect(texts).toEqual(expected);
        }
      });

      test('users can sign in with their passwords, and get replies', async () => {
        for (const { email, password } of recorded(restored.state.passwords)) {
          expect((await auth(server.url, 'sign-in/email', { email, password })).status).toBe(200);
        }
        for (const person of Object.keys(restored.state.tokens)) {
          const client = clientOf(person);
          const reply = await client.ask(await client.newChat(), `What is new for ${person}?`);
          expect(reply.status).toBe('completed');
        }
      });

      test('the ledger balances, by the command line and by the API', async () => {
        const { code, stdout } = await machine.run(['ledger', 'check', '--json'], { environment });
        expect({ code, stdout: JSON.parse(stdout) }).toEqual({
          code: 0,
          stdout: { balances: true, discrepancies: [] },
        });
        const [administrator = ''] = Object.keys(restored.state.tokens);
        const check = await clientOf(administrator).json('GET', '/api/admin/ledger/check');
        expect(check).toEqual({ balances: true, discrepancies: [] });
      });

      test('after the first start nothing remains to migrate', async () => {
        await server.terminate();
        expect((await machine.run(['migrate', '--dry-run', '--json'], { environment })).stdout).toContain(
          '"database":[]',
        );
        server = await ServerProcess.start(environment);
      });
    });
  });
});

async function eventsOf(client: RecordingClient, generationId: string): Promise<RawEvent[]> {
  const events: RawEvent[] = [];
  const response = await client.fetch('GET', `/api/generations/${generationId}/events`);
  for await (const event of readRawEvents(response)) events.push(event);
  return events;
}

async function replay(client: RecordingClient, generationId: string) {
  return replyOf(await eventsOf(client, generationId));
}

/** Fails where a field or value still has the name of an older protocol. */
function expectCurrentNames(body: unknown, protocol: number): void {
  expect(inCurrentNames(body, protocol)).toEqual(body);
}
