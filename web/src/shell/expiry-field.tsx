import { useId } from 'react';
import { strings } from '../strings/en.ts';
import { Select } from './select.tsx';

const DAY_MS = 86_400_000;

interface ExpiryFieldProps {
  /** The choices in days; 0 is never. */
  choices: readonly number[];
  days: number;
  onChange: (days: number) => void;
  className: string;
}

/** Asks when something expires. */
export function ExpiryField({ choices, days, onChange, className }: ExpiryFieldProps) {
  const id = useId();
  return (
    <div className={`grid gap-1.5 ${className}`}>
      <label htmlFor={id} className="text-sm font-medium">
        {strings.expiry.label}
      </label>
      <Select
        id={id}
        value={String(days)}
        options={choices.map((choice) => [String(choice), strings.expiry.choice(choice)])}
        onChange={(chosen) => onChange(Number(chosen))}
      />
    </div>
  );
}

/** The time that many days from now; null for 0 days, which is never. */
export function expiresAfter(days: number): string | null {
  return days === 0 ? null : new Date(Date.now() + days * DAY_MS).toISOString();
}
