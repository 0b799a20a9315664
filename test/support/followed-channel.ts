import { createParser } from 'eventsource-parser';
import type { Caller } from './caller.ts';

interface ChannelEvent {
  id: string;
  event: string;
  data: Record<string, unknown>;
}

/** Follows a chat's channel, and adds each event to `received`. */
export async function follow(caller: Caller, chatId: string, headers: Record<string, string> = {}) {
  const leave = new AbortController();
  const response = await caller.fetch(`/api/chats/${chatId}/events`, { headers, signal: leave.signal });
  const received: ChannelEvent[] = [];
  const opened: string[] = [];
  const parser = createParser({
    onEvent({ id = '', event = '', data }) {
      if (event === 'opened') opened.push(id);
      else received.push({ id, event, data: JSON.parse(data) });
    },
  });
  const decoder = new TextDecoder();
  const ended = (async () => {
    for await (const bytes of response.body ?? []) parser.feed(decoder.decode(bytes, { stream: true }));
  })().catch((error: unknown) => {
    if (!leave.signal.aborted) throw error;
  });
  const names = () => received.map(({ event }) => event);
  return { response, received, opened, names, ended, leave: () => leave.abort() };
}
