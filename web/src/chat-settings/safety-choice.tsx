import type { HarmCategory, Safety, SafetyThreshold } from '@millrace/protocol';
import { ChevronRight } from 'lucide-react';
import { useId } from 'react';
import { Select } from '../shell/select.tsx';
import { strings } from '../strings/en.ts';

const CATEGORIES: readonly HarmCategory[] = ['harassment', 'hate', 'sexual', 'dangerous'];
/** Strictest first. */
const THRESHOLDS: readonly SafetyThreshold[] = ['block_low', 'block_medium', 'block_high', 'off', 'default'];

interface SafetyChoiceProps {
  safety: Safety;
  /** Gets null when no category has a threshold. */
  onChange: (safety: Safety | null) => void;
}

export function SafetyChoice({ safety, onChange }: SafetyChoiceProps) {
  const words = strings.chatSettings;
  const id = useId();

  function choose(category: HarmCategory, threshold: SafetyThreshold | '') {
    const { [category]: _before, ...others } = safety;
    const next = threshold === '' ? others : { ...others, [category]: threshold };
    onChange(Object.keys(next).length === 0 ? null : next);
  }

  return (
    <details className="[&[open]_svg]:rotate-90">
      <summary className="inline-flex items-center gap-1.5 rounded text-sm font-medium select-none">
        {words.safety}
        <ChevronRight aria-hidden="true" className="size-4 transition-transform" />
      </summary>
      <p className="text-muted-foreground mt-1 text-xs">{words.safetyHint}</p>
      <div className="mt-3 grid gap-3 sm:grid-cols-2 sm:gap-x-5">
        {CATEGORIES.map((category) => (
          <div key={category} className="grid gap-1.5">
            <label htmlFor={`${id}-${category}`} className="text-sm">
              {words.harms[category]}
            </label>
            <Select
              id={`${id}-${category}`}
              value={safety[category] ?? ''}
              options={[
                ['', words.default],
                ...THRESHOLDS.map((threshold) => [threshold, words.thresholds[threshold]] as const),
              ]}
              onChange={(threshold) => choose(category, threshold)}
            />
          </div>
        ))}
      </div>
    </details>
  );
}
