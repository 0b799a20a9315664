import { Menu as Base } from '@base-ui/react/menu';
import { useRef } from 'react';
import type { FocusEvent, ReactNode, RefObject } from 'react';

interface MenuPopupProps {
  label: string;
  /** The button that opened the menu. The menu is placed at it and returns the focus to it. */
  button: RefObject<HTMLButtonElement | null>;
  onClose: () => void;
  children: ReactNode;
}

export function MenuPopup({ label, button, onClose, children }: MenuPopupProps) {
  const hasFocusedFirst = useRef(false);

  // Base UI focuses the menu itself when it opens; the focus belongs on the first item.
  function focusFirstItem({ target, currentTarget }: FocusEvent<HTMLElement>) {
    if (target !== currentTarget || hasFocusedFirst.current) return;
    hasFocusedFirst.current = true;
    currentTarget.querySelector<HTMLElement>('[role^=menuitem]')?.focus();
  }

  return (
    <Base.Root
      open
      modal={false}
      onOpenChange={(open, { event }) => {
        // A click on the button closes the menu itself.
        const isOnButton = event.target instanceof Node && button.current?.contains(event.target);
        if (!open && !isOnButton) onClose();
      }}
    >
      <Base.Portal>
        <Base.Positioner anchor={button} align="start" sideOffset={4} collisionPadding={8} className="z-50">
          <Base.Popup
            aria-label={label}
            finalFocus={button}
            onFocus={focusFirstItem}
            className="bg-card text-card-foreground shadow-float w-max max-w-[calc(100vw-1rem)] min-w-44 rounded-xl border p-1 outline-none max-h-[min(24rem,calc(100dvh-1rem))] overflow-y-auto"
          >
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

const ITEM =
  'hover:bg-muted data-highlighted:bg-muted flex w-full cursor-pointer items-center gap-2.5 rounded-lg px-2.5 py-2 text-left text-sm outline-none select-none [&_svg]:size-4';

interface MenuItemProps {
  icon: ReactNode;
  children: ReactNode;
  isDanger?: boolean;
  onSelect: () => void;
}

export function MenuItem({ icon, children, isDanger = false, onSelect }: MenuItemProps) {
  return (
    <Base.Item onClick={onSelect} className={`${ITEM} ${isDanger ? 'text-danger' : ''}`}>
      {icon}
      {children}
    </Base.Item>
  );
}

interface MenuChoicesProps {
  label: string;
  choices: readonly { name: string; icon: ReactNode; choose: () => void }[];
  /** The name of the current choice. */
  chosen: string;
}

export function MenuChoices({ label, choices, chosen }: MenuChoicesProps) {
  return (
    <Base.RadioGroup
      aria-label={label}
      value={chosen}
      className="my-1 border-y py-1 first:mt-0 first:border-t-0 first:pt-0 last:mb-0 last:border-b-0 last:pb-0"
    >
      {choices.map(({ name, icon, choose }) => (
        <Base.RadioItem
          key={name}
          value={name}
          closeOnClick
          onClick={choose}
          className={`${ITEM} data-checked:text-primary data-checked:font-medium`}
        >
          {icon}
          {name}
        </Base.RadioItem>
      ))}
    </Base.RadioGroup>
  );
}
