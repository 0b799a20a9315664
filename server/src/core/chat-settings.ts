import type { ChatSettings } from '@millrace/protocol';
import type { ResolvedReplySettings } from '../store/transactions/begin-generation.ts';
import type { GenerationParameters } from '../ports/model-provider.ts';
import { ProblemError } from './errors.ts';
import type { ModelCatalogue } from './model-catalogue.ts';

/** What replies are made with where neither their request nor their chat says otherwise. */
export interface ServerSettings {
  defaultModel: string;
  systemPrompt: string | null;
  parameters: GenerationParameters;
  /** What no reply may exceed. */
  maxOutputTokens: number;
}

/** @param model asked for by the request; before the chat's */
export function replySettings(
  chat: ChatSettings,
  server: ServerSettings,
  catalogue: ModelCatalogue,
  model = chat.model ?? server.defaultModel,
): ResolvedReplySettings {
  const { temperature, thinking, safety } = server.parameters;
  const systemPrompt = chat.systemPrompt ?? server.systemPrompt;
  return {
    model,
    systemPrompt: systemPrompt?.trim() === '' ? null : systemPrompt,
    // The operator may have lowered it since, and a model asked for once may write less than the chat's.
    maxOutputTokens: Math.min(
      chat.maxOutputTokens ?? server.maxOutputTokens,
      server.maxOutputTokens,
      catalogue.maxOutputTokensOf(model),
    ),
    parameters: {
      temperature: chat.temperature ?? temperature,
      thinking: chat.thinking ?? thinking,
      safety: { ...safety, ...chat.safety },
    },
  };
}

/**
 * What settings become with some of them given anew; those given as null go.
 * @returns for the transaction that changes them; it throws ProblemError `invalid_request` for what doesn't go together
 * @throws ProblemError `invalid_request`
 */
export async function settingsChange(
  changes: ChatSettings,
  { defaultModel }: Pick<ServerSettings, 'defaultModel'>,
  catalogue: ModelCatalogue,
): Promise<(current: ChatSettings) => ChatSettings> {
  if (changes.model) await catalogue.check(changes.model, 'settings.model');
  // What the model can write is to be known.
  else if (changes.maxOutputTokens) await catalogue.refresh();
  return (current) => {
    const merged = Object.entries({ ...current, ...changes }).filter(
      ([, value]) => value !== null && value !== undefined,
    );
    const settings: ChatSettings = Object.fromEntries(merged);
    const limit = catalogue.maxOutputTokensOf(settings.model ?? defaultModel);
    if ((settings.maxOutputTokens ?? 0) > limit) throw tooLong(limit);
    return settings;
  };
}

function tooLong(limit: number): ProblemError {
  const message = `must be at most ${limit}: the model writes no more`;
  return new ProblemError('invalid_request', `settings.maxOutputTokens: ${message}`, {
    errors: [{ path: 'settings.maxOutputTokens', message }],
  });
}
