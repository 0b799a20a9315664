import type { ChatSettings } from '@millrace/protocol';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { modelsQuery } from '../server/queries.ts';
import { Button } from '../shell/button.tsx';
import { Dialog } from '../shell/dialog.tsx';
import { FIELD_CLASS } from '../shell/field.tsx';
import { strings } from '../strings/en.ts';
import { ModelChoice } from './model-choice.tsx';
import { SafetyChoice } from './safety-choice.tsx';
import { SaveStatus } from './save-status.tsx';
import { Setting } from './setting.tsx';
import { Temperature } from './temperature.tsx';
import { ThinkingChoice } from './thinking-choice.tsx';
import { useCommittedText } from './use-committed-text.ts';

interface ChatSettingsDialogProps {
  /** The chat's settings when the dialog opens. */
  settings: ChatSettings;
  /** Saves the given settings; null resets a setting to the server's default. */
  onSave: (changes: ChatSettings) => Promise<unknown>;
  onClose: () => void;
}

/** The generation settings of a chat. Every change is saved immediately. */
export function ChatSettingsDialog({ settings: initial, onSave, onClose }: ChatSettingsDialogProps) {
  const words = strings.chatSettings;
  const [settings, setSettings] = useState(initial);
  const models = useQuery(modelsQuery).data;
  const saving = useMutation({ mutationFn: onSave });

  function change(changes: ChatSettings) {
    setSettings((current) => ({ ...current, ...changes }));
    saving.mutate(changes);
  }

  const length = useCommittedText(settings.maxOutputTokens?.toString() ?? '', (text) =>
    change({ maxOutputTokens: text === '' ? null : Number(text) }),
  );
  const prompt = useCommittedText(settings.systemPrompt ?? '', (text) =>
    change({ systemPrompt: text.trim() === '' ? null : text }),
  );

  function close() {
    length.commit();
    prompt.commit();
    onClose();
  }

  return (
    <Dialog
      title={words.title}
      description={words.about}
      onClose={close}
      className="top-1/2 max-h-[calc(100dvh-1.5rem)] w-[min(32rem,calc(100vw-1.5rem))] -translate-y-1/2"
    >
      <div className="grid min-h-0 grid-cols-1 gap-5 overflow-y-auto px-5 pt-1 pb-5">
        {models && (
          <ModelChoice
            models={models}
            model={settings.model ?? null}
            onChange={(model) => change({ model })}
          />
        )}
        <Setting label={words.systemPrompt} hint={words.systemPromptHint}>
          {(ids) => (
            <textarea
              {...ids}
              {...prompt.field}
              rows={3}
              maxLength={models?.limits.systemPromptChars}
              placeholder={words.systemPromptExample}
              className={`${FIELD_CLASS} placeholder:text-muted-foreground field-sizing-content max-h-48 min-h-20 resize-none`}
            />
          )}
        </Setting>
        <Temperature
          temperature={settings.temperature ?? null}
          onChange={(temperature) => change({ temperature })}
        />
        <div className="grid gap-5 sm:grid-cols-2">
          <ThinkingChoice
            thinking={settings.thinking ?? null}
            onChange={(thinking) => change({ thinking })}
          />
          <Setting
            label={words.maxLength}
            hint={words.maxLengthHint((models?.limits.maxOutputTokens ?? 0).toLocaleString())}
          >
            {(ids) => (
              <input
                {...ids}
                {...length.field}
                type="number"
                inputMode="numeric"
                min={1}
                max={models?.limits.maxOutputTokens}
                step={1}
                placeholder={words.default}
                onKeyDown={(event) => event.key === 'Enter' && length.commit()}
                className={`${FIELD_CLASS} placeholder:text-muted-foreground user-invalid:border-danger`}
              />
            )}
          </Setting>
        </div>
        <SafetyChoice safety={settings.safety ?? {}} onChange={(safety) => change({ safety })} />
      </div>
      <footer className="flex items-center justify-between gap-3 border-t px-5 py-3">
        <SaveStatus isSaving={saving.isPending} isSaved={saving.isSuccess} error={saving.error} />
        <Button look="primary" onClick={close}>
          {strings.actions.done}
        </Button>
      </footer>
    </Dialog>
  );
}
