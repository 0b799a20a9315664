import type { EventData, Message, MessagePart, Usage } from '@millrace/protocol';
import { isFiltered } from '../is-filtered.ts';

/** OpenAI's finish reason. */
export function finishReasonOf(reason: string): 'stop' | 'length' | 'content_filter' {
  if (reason === 'length' || reason === 'budget') return 'length';
  return isFiltered(reason) ? 'content_filter' : 'stop';
}

export function usageOf(usage: Usage) {
  return {
    prompt_tokens: usage.promptTokens + usage.toolUseTokens,
    completion_tokens: usage.outputTokens + usage.thoughtTokens,
    total_tokens: usage.totalTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedTokens },
    completion_tokens_details: { reasoning_tokens: usage.thoughtTokens },
  };
}

/** The fields that a completion and each of its chunks begin with. */
export function headOf({ generationId, createdAt, model }: Message) {
  return { id: `chatcmpl-${generationId}`, created: Math.floor(Date.parse(createdAt) / 1000), model };
}

/** A `chat.completion`. */
export function completionOf({ message, finishReason, usage }: EventData['done']) {
  return {
    ...headOf(message),
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: '', ...contentOf(message.parts), refusal: null },
        logprobs: null,
        finish_reason: finishReasonOf(finishReason),
      },
    ],
    usage: usageOf(usage),
  };
}

/** Fields of a message or a delta. Images and sources are encoded as other servers of this API encode them. */
export interface Content {
  content?: string;
  reasoning_content?: string;
  images?: { type: 'image_url'; image_url: { url: string } }[];
  annotations?: {
    type: 'url_citation';
    url_citation: { url: string; title: string; start_index: number; end_index: number };
  }[];
}

/** The fields of parts, without empty ones. */
export function contentOf(parts: readonly MessagePart[]): Content {
  const content: Content = {};
  for (const part of parts) {
    switch (part.type) {
      case 'text':
        content.content = (content.content ?? '') + part.text;
        break;
      case 'thought':
        content.reasoning_content = (content.reasoning_content ?? '') + part.text;
        break;
      case 'media':
        content.images = [...(content.images ?? []), { type: 'image_url', image_url: { url: part.url } }];
        break;
      // Only people attach files.
      case 'file':
        break;
      case 'source': {
        // The range of text that it supports is unknown.
        const citation = { url: part.url, title: part.title, start_index: 0, end_index: 0 };
        content.annotations = [
          ...(content.annotations ?? []),
          { type: 'url_citation', url_citation: citation },
        ];
        break;
      }
    }
  }
  return content;
}
