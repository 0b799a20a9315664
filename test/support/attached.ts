import type { Attachment, NumberedEvent } from '@millrace/protocol';
import type { Simulator } from 'millrace-gemini-simulator';
import type { Caller, ReadReply } from './caller.ts';
import { readReply } from './caller.ts';

/** Uploads a file, to a chat if there is one already. */
export function upload(
  caller: Caller,
  file: Buffer | string,
  name: string,
  chatId?: string,
): Promise<Response> {
  const path = chatId === undefined ? '/api/attachments' : `/api/chats/${chatId}/attachments`;
  const body = typeof file === 'string' ? file : new Uint8Array(file);
  return caller.fetch(`${path}?name=${encodeURIComponent(name)}`, { method: 'POST', body });
}

export async function attach(
  caller: Caller,
  file: Buffer | string,
  name: string,
  chatId?: string,
): Promise<Attachment> {
  const response = await upload(caller, file, name, chatId);
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as Attachment;
}

/** Sends a message with files. */
export function sendWith(
  caller: Caller,
  chatId: string,
  content: string,
  files: readonly Pick<Attachment, 'id'>[],
  more: object = {},
): Promise<Response> {
  const attachments = files.map(({ id }) => id);
  return caller.send('POST', `/api/chats/${chatId}/messages`, { content, attachments, ...more });
}

export async function askWith(...request: Parameters<typeof sendWith>): Promise<ReadReply> {
  return readReply(await sendWith(...request));
}

/** The contents of the last request to the model. */
export function sentContents(simulator: Simulator): { role: string; parts: object[] }[] {
  const asked = simulator.log().findLast(({ method }) => method === 'streamGenerateContent');
  const body = asked?.body as { contents: { role: string; parts: object[] }[] } | undefined;
  return body?.contents ?? [];
}

export function noticesOf(events: readonly NumberedEvent[]): string[] {
  return events.flatMap((event) => (event.event === 'notice' ? [event.data.code] : []));
}
