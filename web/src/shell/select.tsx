import type { ComponentProps } from 'react';
import { FIELD_CLASS } from './field.tsx';

interface SelectProps<Value extends string> extends Omit<ComponentProps<'select'>, 'value' | 'onChange'> {
  value: Value;
  options: readonly (readonly [value: Value, text: string])[];
  onChange: (value: Value) => void;
}

/** A select whose values keep their type. */
export function Select<Value extends string>({ value, options, onChange, ...props }: SelectProps<Value>) {
  return (
    <select
      value={value}
      onChange={({ target }) => {
        const chosen = options.find(([each]) => each === target.value);
        if (chosen) onChange(chosen[0]);
      }}
      className={FIELD_CLASS}
      {...props}
    >
      {options.map(([each, text]) => (
        <option key={each} value={each}>
          {text}
        </option>
      ))}
    </select>
  );
}
