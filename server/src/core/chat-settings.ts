import type { ChatSettings } from '@millrace/protocol';
import type { ResolvedReplySettings } from '../store/transactions/begin-generation.ts';
import type { GenerationParameters } from '../ports/model-provider.ts';
import type { ProblemError } from './errors.ts';
import type { ModelCatalogue } from './model-catalogue.ts';
import { wrongField } from './wrong-field.ts';

/** The settings of replies whose request and chat don't say otherwise. */
export interface ServerSettings {
  defaultModel: string;
  systemPrompt: string | null;
  parameters: GenerationParameters;
  /** The limit for every reply. */
  maxOutputTokens: number;
}

/** @param model named by the request; takes precedence over the chat's */
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
    // The operator may have lowered the limit since, and the request's model may have a lower one than the chat's.
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
 * Checks a change of a chat's settings. A setting given as null is removed.
 * @returns a function that applies the change within the transaction; it throws ProblemError `invalid_request` for settings that don't
 *   fit together
 * @throws ProblemError `invalid_request`
 */
export async function settingsChange(
  changes: ChatSettings,
  { defaultModel }: Pick<ServerSettings, 'defaultModel'>,
  catalogue: ModelCatalogue,
): Promise<(current: ChatSettings) => ChatSettings> {
  if (changes.model) await catalogue.check(changes.model, 'settings.model');
  // The model's limit must be known.
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
  return wrongField('settings.maxOutputTokens', `must be at most ${limit}, the model's limit`);
}
