import type { HarmCategory, Safety, SafetyThreshold } from '@millrace/protocol';
import type { ModelRequest, InputImage, Turn } from '../../../ports/model-provider.ts';
import { partsOf } from './signed-parts.ts';
import { thinkingConfig } from './thinking.ts';
import type { WirePart } from './wire.ts';

const CATEGORIES: Record<HarmCategory, string> = {
  harassment: 'HARM_CATEGORY_HARASSMENT',
  hate: 'HARM_CATEGORY_HATE_SPEECH',
  sexual: 'HARM_CATEGORY_SEXUALLY_EXPLICIT',
  dangerous: 'HARM_CATEGORY_DANGEROUS_CONTENT',
};

const THRESHOLDS: Record<Exclude<SafetyThreshold, 'default'>, string> = {
  block_low: 'BLOCK_LOW_AND_ABOVE',
  block_medium: 'BLOCK_MEDIUM_AND_ABOVE',
  block_high: 'BLOCK_ONLY_HIGH',
  off: 'OFF',
};

/** The body of a generate request. */
export function toWireRequest({
  model,
  system,
  turns,
  maxOutputTokens,
  parameters,
  continuation,
}: ModelRequest) {
  const { temperature, thinking, safety } = parameters;
  const safetySettings = toSafetySettings(safety);
  return {
    contents: turns.map((turn) => ({
      role: turn.role === 'user' ? 'user' : 'model',
      parts: allPartsOf(turn, model),
    })),
    systemInstruction: system === null ? undefined : { parts: [{ text: system }] },
    safetySettings: safetySettings.length === 0 ? undefined : safetySettings,
    generationConfig: {
      maxOutputTokens,
      temperature: temperature ?? undefined,
      thinkingConfig: thinkingConfig(model, thinking, maxOutputTokens),
    },
    continuationToken: continuation ?? undefined,
  };
}

function allPartsOf(turn: Turn, model: string): object[] {
  const { attached = [], text } = turn;
  const parts = attached.map(partOf);
  // Of nothing but files.
  return parts.length > 0 && text === '' ? parts : [...parts, ...partsOf(turn, model)];
}

/** A text or an image as a part of a turn. */
export function partOf(content: string | InputImage): WirePart {
  if (typeof content === 'string') return { text: content };
  const { buffer, byteOffset, byteLength } = content.bytes;
  const data = Buffer.from(buffer, byteOffset, byteLength).toString('base64');
  return { inlineData: { mimeType: content.mimeType, data } };
}

/** Of the categories that aren't left to the service. */
function toSafetySettings(safety: Safety): { category: string; threshold: string }[] {
  return Object.entries(CATEGORIES).flatMap(([name, category]) => {
    const threshold = safety[name as HarmCategory] ?? 'default';
    return threshold === 'default' ? [] : [{ category, threshold: THRESHOLDS[threshold] }];
  });
}
