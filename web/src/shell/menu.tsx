import { useId, useRef, useState } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';
import { flushSync } from 'react-dom';

const WIDTH = 176;

interface MenuProps {
  label: string;
  /** What the button shows. */
  trigger: ReactNode;
  className: string;
  children: ReactNode;
}

/** A menu button as the ARIA practices describe it. The browser's popover closes it on Escape or a click elsewhere. */
export function Menu({ label, trigger, className, children }: MenuProps) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  // Pressing the button closes an open menu, as pressing anything else does; the click must not open it again.
  const wasOpen = useRef(false);

  const items = () => [...(menu.current?.querySelectorAll<HTMLElement>('[role^=menuitem]') ?? [])];

  function show() {
    if (!menu.current || !button.current || wasOpen.current) return;
    // Its items are there only while it is open: there is a menu for each of a thousand replies.
    flushSync(() => setOpen(true));
    menu.current.showPopover();
    const anchor = button.current.getBoundingClientRect();
    const height = menu.current.offsetHeight;
    const below = anchor.bottom + 4;
    const top = below + height > window.innerHeight ? anchor.top - height - 4 : below;
    menu.current.style.top = `${Math.max(8, top)}px`;
    menu.current.style.left = `${Math.max(8, Math.min(anchor.left, window.innerWidth - WIDTH - 8))}px`;
    items()[0]?.focus();
  }

  function moveFocus(event: KeyboardEvent) {
    if (event.key === 'Tab') menu.current?.hidePopover();
    const all = items();
    const here = all.indexOf(document.activeElement as HTMLElement);
    const targets: Record<string, number> = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: -1 };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    all.at(target % all.length)?.focus();
  }

  return (
    <>
      <button
        ref={button}
        type="button"
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={id}
        onPointerDown={() => (wasOpen.current = open)}
        onClick={() => {
          show();
          wasOpen.current = false;
        }}
        className={className}
      >
        {trigger}
      </button>
      <div
        ref={menu}
        id={id}
        role="menu"
        tabIndex={-1}
        aria-label={label}
        popover="auto"
        onToggle={(event) => setOpen(event.newState === 'open')}
        onKeyDown={moveFocus}
        onClick={() => menu.current?.hidePopover()}
        style={{ width: WIDTH }}
        className="bg-card text-card-foreground shadow-float fixed inset-auto m-0 max-h-[min(24rem,calc(100dvh-1rem))] overflow-y-auto rounded-xl border p-1"
      >
        {open && children}
      </div>
    </>
  );
}

interface MenuItemProps {
  icon: ReactNode;
  children: ReactNode;
  danger?: boolean;
  /** For a choice among several. */
  checked?: boolean;
  onSelect: () => void;
}

export function MenuItem({ icon, children, danger = false, checked, onSelect }: MenuItemProps) {
  return (
    <button
      type="button"
      role={checked === undefined ? 'menuitem' : 'menuitemradio'}
      aria-checked={checked}
      tabIndex={-1}
      onClick={onSelect}
      className={`hover:bg-muted focus:bg-muted flex w-full items-center gap-2.5 rounded-lg px-2.5 py-2 text-left text-sm outline-none [&_svg]:size-4 ${danger ? 'text-danger' : ''} ${checked ? 'text-primary font-medium' : ''}`}
    >
      {icon}
      {children}
    </button>
  );
}
