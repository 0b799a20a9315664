import type { AccountLimit } from '@millrace/protocol';
import { useId } from 'react';
import { Field } from '../shell/field.tsx';
import { Select } from '../shell/select.tsx';
import { strings } from '../strings/en.ts';
import { pageStrings } from '../strings/en-pages.ts';

const KINDS = ['default', 'none', 'number'] as const;

/** A limit as the form shows it. */
export interface LimitInput {
  kind: (typeof KINDS)[number];
  /** The amount, for `number`. */
  text: string;
}

export function toLimitInput(limit: AccountLimit, format: (amount: number) => string): LimitInput {
  return typeof limit === 'number' ? { kind: 'number', text: format(limit) } : { kind: limit, text: '' };
}

/** Null if the text isn't an amount. */
export function parseLimit(
  { kind, text }: LimitInput,
  parse: (text: string) => number | null,
): AccountLimit | null {
  return kind === 'number' ? parse(text) : kind;
}

interface LimitFieldProps {
  label: string;
  limit: LimitInput;
  onChange: (limit: LimitInput) => void;
  inputMode: 'numeric' | 'decimal';
  error: string | undefined;
}

export function LimitField({ label, limit, onChange, inputMode, error }: LimitFieldProps) {
  const id = useId();
  return (
    <div className="grid gap-2">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <Select
        id={id}
        value={limit.kind}
        options={KINDS.map((kind) => [kind, pageStrings.admin.limitKinds[kind]])}
        onChange={(kind) => onChange({ ...limit, kind })}
      />
      {limit.kind === 'number' && (
        <Field
          label={strings.labels.perMonth(label)}
          error={error}
          inputMode={inputMode}
          autoComplete="off"
          value={limit.text}
          onChange={(event) => onChange({ ...limit, text: event.target.value })}
        />
      )}
    </div>
  );
}
