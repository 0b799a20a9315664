import type { ChatEvent, EventData, MessagePart } from '@millrace/protocol';
import type { FrameEncoder } from '../../sse/event-frames.ts';
import { dataFrame, singleReaderFrames } from '../single-reader-frames.ts';
import { beginningOf, endingOf, finishReasonOf } from './ai-sdk-message.ts';

/** A part whose text is being streamed. `id` is its number in the message. */
interface OpenPart {
  kind: 'text' | 'reasoning';
  id: string;
}

/** Encodes the AI SDK's UI message stream, version 1, for one reader. */
export function aiSdkFrames(): FrameEncoder {
  let open: OpenPart | null = null;
  let parts = 0;

  function close(): string {
    if (open === null) return '';
    const { kind, id } = open;
    open = null;
    return dataFrame({ type: `${kind}-end`, id });
  }

  function grow(kind: OpenPart['kind'], text: string): string {
    let before = '';
    if (open?.kind !== kind) {
      before = close();
      parts += 1;
      open = { kind, id: String(parts) };
      before += dataFrame({ type: `${kind}-start`, id: open.id });
    }
    return before + dataFrame({ type: `${kind}-delta`, id: open.id, delta: text });
  }

  function add(part: MessagePart): string {
    switch (part.type) {
      case 'text':
        return grow('text', part.text);
      case 'thought':
        return grow('reasoning', part.text);
      case 'media':
      case 'file':
        return close() + dataFrame({ type: 'file', mediaType: part.mimeType, url: part.url });
      case 'source':
        parts += 1;
        return (
          close() +
          dataFrame({ type: 'source-url', sourceId: String(parts), url: part.url, title: part.title })
        );
    }
  }

  function finish({ status, finishReason, message }: EventData['done']): string {
    const isStopped = status === 'stopped';
    return (
      close() +
      dataFrame({ type: 'finish-step' }) +
      (isStopped ? dataFrame({ type: 'abort', reason: finishReason }) : '') +
      dataFrame({
        type: 'finish',
        finishReason: isStopped ? 'interrupted' : finishReasonOf(finishReason),
        messageMetadata: endingOf(message),
      }) +
      dataFrame('[DONE]')
    );
  }

  return singleReaderFrames((event: ChatEvent) => {
    switch (event.event) {
      case 'meta':
        return begin(event.data.assistantMessage);
      case 'delta':
        return add({ type: 'text', ...event.data });
      case 'thought':
        return add({ type: 'thought', ...event.data });
      case 'media':
        return add({ type: 'media', ...event.data });
      case 'source':
        return add({ type: 'source', ...event.data });
      case 'usage':
        return '';
      case 'notice':
        return dataFrame({ type: 'data-notice', data: event.data, transient: true });
      case 'snapshot':
        return begin(event.data.message) + event.data.message.parts.map(add).join('');
      case 'done':
        return finish(event.data);
      case 'error':
        return close() + dataFrame({ type: 'error', errorText: event.data.message }) + dataFrame('[DONE]');
    }
  });
}

function begin(message: EventData['meta']['assistantMessage']): string {
  const start = { type: 'start', messageId: message.id, messageMetadata: beginningOf(message) };
  return dataFrame(start) + dataFrame({ type: 'start-step' });
}
