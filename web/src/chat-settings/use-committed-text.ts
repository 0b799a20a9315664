import { useRef } from 'react';

/**
 * For a text field whose value is saved when the field loses focus or its dialog closes.
 * @param saved the initial value
 */
export function useCommittedText(saved: string, onCommit: (text: string) => void) {
  const field = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const committed = useRef(saved);

  function commit() {
    const text = field.current?.value ?? committed.current;
    // A number field with invalid text shows the text, but its value is empty.
    if (text === committed.current || field.current?.validity.valid === false) return;
    committed.current = text;
    onCommit(text);
  }

  return { field: { ref: field, defaultValue: saved, onBlur: commit }, commit };
}
