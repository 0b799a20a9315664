import type { AccountLimit } from '@millrace/protocol';
import { useId } from 'react';
import { Field } from '../shell/field.tsx';
import { strings } from '../strings/en.ts';
import { pageStrings } from '../strings/en-pages.ts';

const KINDS = ['default', 'none', 'number'] as const;

/** A limit as it stands in the form. */
export interface TypedLimit {
  kind: (typeof KINDS)[number];
  /** Of `number`. */
  text: string;
}

export function typedLimit(limit: AccountLimit, toText: (amount: number) => string): TypedLimit {
  return typeof limit === 'number' ? { kind: 'number', text: toText(limit) } : { kind: limit, text: '' };
}

/** Null where what was typed isn't an amount. */
export function readLimit(
  { kind, text }: TypedLimit,
  parse: (text: string) => number | null,
): AccountLimit | null {
  return kind === 'number' ? parse(text) : kind;
}

interface LimitFieldProps {
  label: string;
  limit: TypedLimit;
  onChange: (limit: TypedLimit) => void;
  inputMode: 'numeric' | 'decimal';
  error: string | undefined;
}

export function LimitField({ label, limit, onChange, inputMode, error }: LimitFieldProps) {
  const { admin } = pageStrings;
  const id = useId();
  return (
    <div className="grid gap-2">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <select
        id={id}
        value={limit.kind}
        onChange={(event) =>
          onChange({ ...limit, kind: KINDS.find((kind) => kind === event.target.value) ?? 'default' })
        }
        className="border-input bg-background w-full rounded-lg border px-3 py-2 text-base sm:text-sm"
      >
        {KINDS.map((kind) => (
          <option key={kind} value={kind}>
            {admin.limitKinds[kind]}
          </option>
        ))}
      </select>
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
