import { useEffect } from 'react';

/** Escape stops the reply, unless it closes an open dialog or menu. */
export function useStopOnEscape(isBusy: boolean, stop: () => Promise<void>): void {
  useEffect(() => {
    if (!isBusy) return;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.isComposing) return;
      const open =
        '[role=dialog], [role=alertdialog], [role=menu], dialog[open], :popover-open, [inert] main';
      if (document.querySelector(open)) return;
      if (event.target instanceof Element && event.target.closest('[data-owns-escape]')) return;
      void stop();
    };
    // In the capture phase, before the browser closes an open element.
    document.addEventListener('keydown', onKeyDown, { capture: true });
    return () => document.removeEventListener('keydown', onKeyDown, { capture: true });
  }, [isBusy, stop]);
}
