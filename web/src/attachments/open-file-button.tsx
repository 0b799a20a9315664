import type { AttachedPart } from '@millrace/protocol';
import { Suspense, useState } from 'react';
import type { CSSProperties, ReactNode } from 'react';
import { lazyComponent } from '../shell/lazy-component.ts';

const FileViewer = lazyComponent(async () => (await import('./file-viewer.tsx')).FileViewer);

interface OpenFileButtonProps {
  file: AttachedPart;
  label: string;
  className: string;
  style?: CSSProperties | undefined;
  children: ReactNode;
}

/** A button that shows an image or a text file in a dialog. */
export function OpenFileButton({ file, label, className, style, children }: OpenFileButtonProps) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        aria-haspopup="dialog"
        aria-label={label}
        onClick={() => setIsOpen(true)}
        className={className}
        style={style}
      >
        {children}
      </button>
      {isOpen && (
        <Suspense>
          <FileViewer file={file} onClose={() => setIsOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
