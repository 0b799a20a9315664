/** The events of a reply. docs/protocol/event-streams.md, 5.3. */
const EVENT_NAMES = [
  'meta',
  'delta',
  'thought',
  'media',
  'source',
  'usage',
  'notice',
  'snapshot',
  'done',
  'error',
] as const;

/** The events of a chat's channel. docs/protocol/event-streams.md, 5.6. */
const CHANNEL_EVENT_NAMES = ['message', 'generation', 'chat', 'rating', 'chat_deleted'] as const;

export type EventName = (typeof EVENT_NAMES)[number];
export type ChannelEventName = (typeof CHANNEL_EVENT_NAMES)[number];
/** The events of a diagnostic stream. docs/protocol/operations.md, 6.3. */
export type DiagnosticEventName = 'tick' | 'end';

export function isEventName(name: string): name is EventName {
  return (EVENT_NAMES as readonly string[]).includes(name);
}

export function isChannelEventName(name: string): name is ChannelEventName {
  return (CHANNEL_EVENT_NAMES as readonly string[]).includes(name);
}

/** Whether an event of this name is the last of its log. */
export function isTerminal(name: EventName | ChannelEventName | DiagnosticEventName): boolean {
  return name === 'done' || name === 'error' || name === 'chat_deleted' || name === 'end';
}
