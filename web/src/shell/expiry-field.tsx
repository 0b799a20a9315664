import { useId } from 'react';

const DAY = 86_400_000;

interface ExpiryFieldProps {
  label: string;
  /** In days; 0 is for ever. */
  choices: readonly number[];
  nameOf: (days: number) => string;
  days: number;
  onChange: (days: number) => void;
  className: string;
}

/** Asks how long something lasts. */
export function ExpiryField({ label, choices, nameOf, days, onChange, className }: ExpiryFieldProps) {
  const id = useId();
  return (
    <div className={`grid gap-1.5 ${className}`}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <select
        id={id}
        value={days}
        onChange={(event) => onChange(Number(event.target.value))}
        className="border-input bg-background w-full rounded-lg border px-3 py-2 text-base sm:text-sm"
      >
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {nameOf(choice)}
          </option>
        ))}
      </select>
    </div>
  );
}

/** When what lasts so many days from now on ends; null is never. */
export function expiresAfter(days: number): string | null {
  return days === 0 ? null : new Date(Date.now() + days * DAY).toISOString();
}
