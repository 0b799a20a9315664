import { useEffect, useState } from 'react';
import { strings } from '../strings/en.ts';
import { addFiles } from './draft-files.ts';

/** Attaches files that are dropped on the page or pasted into it. */
export function DropArea({ chatId }: { chatId: string | null }) {
  const [isOver, setIsOver] = useState(false);

  useEffect(() => {
    // The pointer enters an element before it leaves the surrounding one.
    let depth = 0;
    const setDepth = (next: number) => {
      depth = Math.max(0, next);
      setIsOver(depth > 0);
    };
    const onDrag = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      // Otherwise the browser replaces the page with the file.
      event.preventDefault();
      if (event.type === 'dragenter') setDepth(depth + 1);
      if (event.type === 'dragleave') setDepth(depth - 1);
      if (event.type !== 'drop') return;
      setDepth(0);
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
