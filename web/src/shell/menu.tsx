import { Suspense, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { lazyComponent } from './lazy-component.ts';

/** Loaded when the pointer or the focus reaches a menu button. */
const loadParts = () => import('./menu-parts.tsx');
const MenuPopup = lazyComponent(async () => (await loadParts()).MenuPopup);

/** Use only in a `Menu`. */
export const MenuItem = lazyComponent(async () => (await loadParts()).MenuItem);
/** A group of items of which exactly one is selected. */
export const MenuChoices = lazyComponent(async () => (await loadParts()).MenuChoices);

interface MenuProps {
  label: string;
  /** The content of the button. */
  trigger: ReactNode;
  className: string;
  children: ReactNode;
}

/** A button that opens a menu. */
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
        onPointerEnter={preload}
        onFocus={preload}
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

function preload(): void {
  // A failure is reported when the menu is opened.
  loadParts().catch(() => undefined);
}
