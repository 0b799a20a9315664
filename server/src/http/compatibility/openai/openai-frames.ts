import type { Message, Usage } from '@millrace/protocol';
import type { FrameEncoder } from '../../sse/event-frames.ts';
import { dataFrame, singleReaderFrames } from '../single-reader-frames.ts';
import { contentOf, finishReasonOf, headOf, usageOf } from './openai-completion.ts';
import type { Content } from './openai-completion.ts';
import { openAiErrorOf } from './openai-errors.ts';

/** Encodes a stream of `chat.completion.chunk`, for one reader. */
export function openAiFrames({ includeUsage }: { includeUsage: boolean }): FrameEncoder {
  let head: ReturnType<typeof headOf> | null = null;

  function chunk(choices: object[], usage: Usage | null = null): string {
    const usageSource = includeUsage ? { usage: usage && usageOf(usage) } : {};
    return dataFrame({ ...head, object: 'chat.completion.chunk', choices, ...usageSource });
  }

  function choice(delta: Content & { role?: 'assistant' }, finishReason: string | null = null): string {
    return chunk([{ index: 0, delta, logprobs: null, finish_reason: finishReason }]);
  }

  function begin(message: Message): string {
    head = headOf(message);
    return choice({ role: 'assistant', content: '' });
  }

  return singleReaderFrames((event) => {
    switch (event.event) {
      case 'meta':
        return begin(event.data.assistantMessage);
      case 'delta':
        return choice(contentOf([{ type: 'text', ...event.data }]));
      case 'thought':
        return choice(contentOf([{ type: 'thought', ...event.data }]));
      case 'media':
        return choice(contentOf([{ type: 'media', ...event.data }]));
      case 'source':
        return choice(contentOf([{ type: 'source', ...event.data }]));
      case 'snapshot':
        return begin(event.data.message) + choice(contentOf(event.data.message.parts));
      case 'usage':
      case 'notice':
        return '';
      case 'done':
        return (
          choice({}, finishReasonOf(event.data.finishReason)) +
          (includeUsage ? chunk([], event.data.usage) : '') +
          dataFrame('[DONE]')
        );
      case 'error':
        return dataFrame({ error: openAiErrorOf(event.data) });
    }
  });
}
