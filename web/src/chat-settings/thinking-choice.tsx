import type { Thinking } from '@millrace/protocol';
import { strings } from '../strings/en.ts';
import { FIELD, Setting } from './setting.tsx';

const LEVELS: readonly Thinking[] = ['off', 'low', 'medium', 'high'];

interface ThinkingChoiceProps {
  /** Null is the server's. */
  thinking: Thinking | null;
  onChange: (thinking: Thinking | null) => void;
}

export function ThinkingChoice({ thinking, onChange }: ThinkingChoiceProps) {
  const words = strings.chatSettings;
  return (
    <Setting label={words.thinking} hint={words.thinkingHint}>
      {(ids) => (
        <select
          {...ids}
          value={thinking ?? ''}
          onChange={(event) => onChange(LEVELS.find((each) => each === event.target.value) ?? null)}
          className={FIELD}
        >
          <option value="">{words.default}</option>
          {LEVELS.map((level) => (
            <option key={level} value={level}>
              {words.thinkingLevels[level]}
            </option>
          ))}
        </select>
      )}
    </Setting>
  );
}
