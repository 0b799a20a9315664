import { useRef } from 'react';

/**
 * For a field that is told once its typing is done: when it is left, or its dialog closes around it.
 * @param saved what the field begins with
 */
export function useCommittedText(saved: string, onDone: (text: string) => void) {
  const field = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const told = useRef(saved);

  function finish() {
    const text = field.current?.value ?? told.current;
    // What a number field can't read it shows, and tells as nothing.
    if (text === told.current || field.current?.validity.valid === false) return;
    told.current = text;
    onDone(text);
  }

  return { field: { ref: field, defaultValue: saved, onBlur: finish }, finish };
}
