import type { AttachedPart } from '@millrace/protocol';
import { lazy, Suspense, useState } from 'react';
import type { CSSProperties, ReactNode } from 'react';

/** Loaded when it is first wanted. */
const Viewer = lazy(() => import('./file-viewer.tsx').then(({ FileViewer }) => ({ default: FileViewer })));

interface OpenLargerProps {
  file: AttachedPart;
  label: string;
  className: string;
  style?: CSSProperties | undefined;
  children: ReactNode;
}

/** A button that shows an image or a text file in a dialog. */
export function OpenLarger({ file, label, className, style, children }: OpenLargerProps) {
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
          <Viewer file={file} onClose={() => setIsOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
