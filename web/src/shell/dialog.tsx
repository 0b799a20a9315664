import { Dialog as Base } from '@base-ui/react/dialog';
import type { ReactNode, RefObject } from 'react';

interface DialogProps {
  title: ReactNode;
  description?: ReactNode;
  /** Whether only screen readers get the title. */
  isTitleHidden?: boolean;
  /** Default: the first focusable element. */
  initialFocus?: RefObject<HTMLElement | null>;
  /** Whether closing returns the focus to where it was. Default: it does. */
  finalFocus?: () => boolean;
  onClose: () => void;
  className: string;
  children: ReactNode;
}

const BOX =
  'bg-card text-card-foreground shadow-float fixed left-1/2 z-50 flex -translate-x-1/2 flex-col overflow-hidden rounded-2xl border outline-none';

/** A modal dialog that is open while it is rendered. Its library is large: use it only in lazily loaded components. */
export function Dialog({
  title,
  description = null,
  isTitleHidden = false,
  initialFocus,
  finalFocus,
  onClose,
  className,
  children,
}: DialogProps) {
  return (
    <Base.Root open onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        {/* A dialog over another dialog has its own backdrop too. */}
        <Base.Backdrop forceRender className="fixed inset-0 z-50 bg-black/40" />
        <Base.Popup
          {...(initialFocus && { initialFocus })}
          {...(finalFocus && { finalFocus })}
          className={`${BOX} ${className}`}
        >
          {isTitleHidden ? (
            <Base.Title className="sr-only">{title}</Base.Title>
          ) : (
            <header className="px-5 pt-5 pb-3">
              <Base.Title className="font-semibold break-words">{title}</Base.Title>
              {description !== null && (
                <Base.Description className="text-muted-foreground mt-1 text-sm break-words">
                  {description}
                </Base.Description>
              )}
            </header>
          )}
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
