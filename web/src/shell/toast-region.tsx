import { X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { strings } from '../strings/en.ts';
import { Button, IconButton } from './button.tsx';
import { showToast, useToast } from './toast.ts';

/** A toast stays longer while the pointer or the keyboard is on it. */
const TOAST_DURATION_MS = 8000;

/** Shows toasts and announces them to screen readers. */
export function ToastRegion() {
  const toast = useToast();
  const region = useRef<HTMLOutputElement>(null);
  const action = useRef<HTMLButtonElement>(null);
  const [isPaused, setIsPaused] = useState(false);

  useEffect(() => {
    if (toast?.takesFocus) action.current?.focus();
  }, [toast]);

  useEffect(() => {
    if (toast === null || isPaused) return;
    const timer = setTimeout(() => close(), TOAST_DURATION_MS);
    return () => clearTimeout(timer);
  }, [toast, isPaused]);

  function close() {
    const hadFocus = region.current?.contains(document.activeElement) ?? false;
    showToast(null);
    setIsPaused(false);
    // Not on touch screens, where a keyboard would come with it.
    if (hadFocus && matchMedia('(pointer: fine)').matches) document.getElementById('message')?.focus();
  }

  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- it only notices what is done with the buttons in it
    <output
      ref={region}
      className="pointer-events-none fixed inset-x-0 bottom-24 z-40 flex justify-center px-4"
      onPointerEnter={() => setIsPaused(true)}
      onPointerLeave={() => setIsPaused(false)}
      onFocus={({ target }) => setIsPaused(target.matches(':focus-visible'))}
      onBlur={() => setIsPaused(false)}
      onKeyDown={(event) => event.key === 'Escape' && close()}
    >
      {toast && (
        <div className="bg-foreground text-background shadow-float pointer-events-auto flex max-w-full items-center gap-2 rounded-xl py-1.5 pr-1.5 pl-4 text-sm">
          <span className="min-w-0 truncate">{toast.text}</span>
          {toast.action && (
            <Button
              ref={action}
              look="link"
              className="text-background! shrink-0 px-2! font-semibold underline focus-visible:outline-current"
              onClick={() => {
                close();
                toast.action?.run();
              }}
            >
              {toast.action.label}
            </Button>
          )}
          <IconButton
            label={strings.actions.dismiss}
            onClick={close}
            className="text-background! hover:bg-background/15! size-8! focus-visible:outline-current"
          >
            <X className="size-4" />
          </IconButton>
        </div>
      )}
    </output>
  );
}
