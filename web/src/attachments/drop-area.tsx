import { useEffect, useState } from 'react';
import { strings } from '../strings/en.ts';
import { addFiles } from './draft-files.ts';

/** Takes files that are dropped on the page or pasted into it. */
export function DropArea({ chatId }: { chatId: string | null }) {
  const [isOver, setIsOver] = useState(false);

  useEffect(() => {
    // Entering an element comes before leaving the one around it.
    let depth = 0;
    const settle = (next: number) => {
      depth = Math.max(0, next);
      setIsOver(depth > 0);
    };
    const onDrag = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      // Else the browser opens the file in the place of the page.
      event.preventDefault();
      if (event.type === 'dragenter') settle(depth + 1);
      if (event.type === 'dragleave') settle(depth - 1);
      if (event.type !== 'drop') return;
      settle(0);
      addFiles(chatId, [...event.dataTransfer.files]);
    };
    const onPaste = (event: ClipboardEvent) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      addFiles(chatId, files);
    };
    const events = ['dragenter', 'dragover', 'dragleave', 'drop'] as const;
    for (const name of events) window.addEventListener(name, onDrag);
    window.addEventListener('paste', onPaste);
    return () => {
      for (const name of events) window.removeEventListener(name, onDrag);
      window.removeEventListener('paste', onPaste);
    };
  }, [chatId]);

  if (!isOver) return null;
  return (
    <div className="bg-background/85 border-primary pointer-events-none absolute inset-3 z-10 grid place-content-center rounded-2xl border-2 border-dashed text-sm font-medium">
      {strings.attachments.drop}
    </div>
  );
}
