import { Suspense, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { lazyComponent } from './lazy-component.ts';

/** Loaded when a menu is about to be opened. */
const loadParts = () => import('./menu-parts.tsx');
const MenuPopup = lazyComponent(async () => (await loadParts()).MenuPopup);

/** Only within a `Menu`. */
export const MenuItem = lazyComponent(async () => (await loadParts()).MenuItem);
/** Choices of which one holds. */
export const MenuChoices = lazyComponent(async () => (await loadParts()).MenuChoices);

interface MenuProps {
  label: string;
  /** What the button shows. */
  trigger: ReactNode;
  className: string;
  children: ReactNode;
}

/** A menu button. */
export function Menu({ label, trigger, className, children }: MenuProps) {
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setIsOpen] = useState(false);

  return (
    <>
      <button
        ref={button}
        type="button"
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onPointerEnter={prepare}
        onFocus={prepare}
        onClick={() => setIsOpen((before) => !before)}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
          event.preventDefault();
          setIsOpen(true);
        }}
        className={className}
      >
        {trigger}
      </button>
      {isOpen && (
        <Suspense>
          <MenuPopup label={label} button={button} onClose={() => setIsOpen(false)}>
            {children}
          </MenuPopup>
        </Suspense>
      )}
    </>
  );
}

function prepare(): void {
  // Whether it can be had is said when it is opened.
  loadParts().catch(() => undefined);
}
