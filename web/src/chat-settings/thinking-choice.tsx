import type { Thinking } from '@millrace/protocol';
import { Select } from '../shell/select.tsx';
import { strings } from '../strings/en.ts';
import { Setting } from './setting.tsx';

const LEVELS: readonly Thinking[] = ['off', 'low', 'medium', 'high'];

interface ThinkingChoiceProps {
  /** Null is the server's default. */
  thinking: Thinking | null;
  onChange: (thinking: Thinking | null) => void;
}

export function ThinkingChoice({ thinking, onChange }: ThinkingChoiceProps) {
  const words = strings.chatSettings;
  return (
    <Setting label={words.thinking} hint={words.thinkingHint}>
      {(ids) => (
        <Select
          {...ids}
          value={thinking ?? ''}
          options={[
            ['', words.default],
            ...LEVELS.map((level) => [level, words.thinkingLevels[level]] as const),
          ]}
          onChange={(level) => onChange(level === '' ? null : level)}
        />
      )}
    </Setting>
  );
}
