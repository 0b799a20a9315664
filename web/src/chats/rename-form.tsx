import { useEffect, useRef } from 'react';
import { strings } from '../strings/en.ts';

interface RenameFormProps {
  title: string;
  onRename: (title: string) => void;
  onClose: () => void;
}

/** Enter or leaving the field saves the new title. Escape keeps the old one. */
export function RenameForm({ title, onRename, onClose }: RenameFormProps) {
  const input = useRef<HTMLInputElement>(null);
  const cancelled = useRef(false);

  useEffect(() => input.current?.select(), []);

  function finish() {
    const renamed = input.current?.value.trim() ?? '';
    if (!cancelled.current && renamed !== '' && renamed !== title) onRename(renamed);
    onClose();
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        input.current?.blur();
      }}
    >
      <input
        ref={input}
        aria-label={strings.chats.title}
        defaultValue={title}
        maxLength={200}
        onBlur={finish}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.stopPropagation();
          cancelled.current = true;
          input.current?.blur();
        }}
        className="border-input bg-background w-full rounded-lg border px-2 py-1.5 text-base md:text-sm"
      />
    </form>
  );
}
