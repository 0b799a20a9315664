import { Dialog as Base } from '@base-ui/react/dialog';
import type { ReactNode, RefObject } from 'react';

interface DialogProps {
  title: ReactNode;
  /** Null where the title says it all. */
  description?: ReactNode;
  /** For who hears it rather than sees it: the title isn't shown. */
  isTitleHidden?: boolean;
  /** What has the focus first. Default: the first thing in it. */
  initialFocus?: RefObject<HTMLElement | null>;
  /** Whether the focus goes back to where it was; by default it does. */
  finalFocus?: () => boolean;
  onClose: () => void;
  /** Of the box. */
  className: string;
  children: ReactNode;
}

const BOX =
  'bg-card text-card-foreground shadow-float fixed left-1/2 z-50 flex -translate-x-1/2 flex-col overflow-hidden rounded-2xl border outline-none';

/** A dialog, open as long as it is there. Focus stays in it, and goes back to where it was. For parts that load later: it is large. */
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
        {/* Also of one in another, which it lies over. */}
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
