import type { HarmCategory, Safety, SafetyThreshold } from '@millrace/protocol';
import type { ModelRequest } from '../../../ports/model-provider.ts';
import { thinkingConfig } from './thinking.ts';
import { toWireParts } from './wire-parts.ts';

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
    contents: turns.map(({ role, parts }) => ({
      role: role === 'user' ? 'user' : 'model',
      parts: toWireParts(parts, model),
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

/** The categories whose threshold is not the service's default. */
function toSafetySettings(safety: Safety): { category: string; threshold: string }[] {
  return Object.entries(CATEGORIES).flatMap(([name, category]) => {
    const threshold = safety[name as HarmCategory] ?? 'default';
    return threshold === 'default' ? [] : [{ category, threshold: THRESHOLDS[threshold] }];
  });
}
