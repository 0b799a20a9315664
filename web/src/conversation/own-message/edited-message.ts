import { useValue, ValueStore } from '../../state/value-store.ts';

interface Edit {
  messageId: string;
  /** The text so far. It is stored here so that a refused edit isn't lost. */
  text: string;
  /** What had the focus before the edit, and gets it back when the edit is cancelled. */
  from: 'message' | 'composer';
}

/** At most one message is edited at a time. */
const currentEdit = new ValueStore<Edit | null>(null);

export function startEdit(messageId: string, text: string, from: Edit['from']): void {
  currentEdit.set({ messageId, text, from });
}

export function changeEditText(text: string): void {
  const edit = currentEdit.get();
  if (edit) currentEdit.set({ ...edit, text });
}

/** @param messageId the edited message: another edit may have started since */
export function endEdit(messageId: string): void {
  if (currentEdit.get()?.messageId === messageId) currentEdit.set(null);
}

/** The edit of this message; null while it isn't edited. */
export function useEdit(messageId: string): Edit | null {
  const edit = useValue(currentEdit);
  return edit?.messageId === messageId ? edit : null;
}
