import { createParser } from 'eventsource-parser';
import type { Caller } from './caller.ts';

interface Told {
  id: string;
  event: string;
  data: Record<string, unknown>;
}

/** Follows a chat's channel; `told` grows as it tells. */
export async function follow(caller: Caller, chatId: string, headers: Record<string, string> = {}) {
  const leave = new AbortController();
  const response = await caller.fetch(`/api/chats/${chatId}/events`, { headers, signal: leave.signal });
  const told: Told[] = [];
  const opened: string[] = [];
  const parser = createParser({
    onEvent({ id = '', event = '', data }) {
      if (event === 'opened') opened.push(id);
      else told.push({ id, event, data: JSON.parse(data) });
    },
  });
  const decoder = new TextDecoder();
  const ended = (async () => {
    for await (const bytes of response.body ?? []) parser.feed(decoder.decode(bytes, { stream: true }));
  })().catch((error: unknown) => {
    if (!leave.signal.aborted) throw error;
  });
  const names = () => told.map(({ event }) => event);
  return { response, told, opened, names, ended, leave: () => leave.abort() };
}
