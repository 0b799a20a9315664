import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useEffect, useRef } from 'react';
import type { KeyboardEvent } from 'react';
import { IconButton } from '../../shell/button.tsx';
import { strings } from '../../strings/en.ts';

interface BranchSwitcherProps {
  /** The ids of the messages that the row shows. */
  shownIds: readonly string[];
  /** The ids of all versions, oldest first; undefined if there is only one. */
  versions: readonly string[] | undefined;
  onShow: (messageId: string) => void;
}

/** Each version has its own row. The row that appears takes over the focus: on which button, of which version. */
let focusHandover: { to: string; button: 'previous' | 'next' } | null = null;

/** Switches between the versions of a message: ‹ 2/3 ›. The arrow keys work on its buttons. */
export function BranchSwitcher({ shownIds, versions, onShow }: BranchSwitcherProps) {
  const group = useRef<HTMLFieldSetElement>(null);

  useEffect(() => {
    if (focusHandover === null || !shownIds.includes(focusHandover.to)) return;
    group.current?.querySelector<HTMLElement>(`[data-button=${focusHandover.button}]`)?.focus();
    focusHandover = null;
  }, [shownIds]);

  if (versions === undefined) return null;
  const index = versions.findIndex((id) => shownIds.includes(id));
  const [number, count] = [(index + 1).toLocaleString(), versions.length.toLocaleString()];
  const targets = { previous: versions[index - 1], next: versions[index + 1] };

  function show(button: 'previous' | 'next') {
    const to = targets[button];
    if (to === undefined) return;
    focusHandover = { to, button };
    onShow(to);
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    show(event.key === 'ArrowLeft' ? 'previous' : 'next');
  }

  const arrow = 'w-7! aria-disabled:opacity-40';
  return (
    <fieldset
      ref={group}
      aria-label={strings.conversation.version(number, count)}
      className="text-muted-foreground flex items-center text-xs tabular-nums"
    >
      <IconButton
        label={strings.conversation.previousVersion}
        data-button="previous"
        onKeyDown={onKeyDown}
        // A disabled button would lose the focus.
        aria-disabled={targets.previous === undefined}
        onClick={() => show('previous')}
        className={arrow}
      >
        <ChevronLeft className="size-4" />
      </IconButton>
      <span aria-hidden="true">{strings.conversation.versionShort(number, count)}</span>
      <IconButton
        label={strings.conversation.nextVersion}
        data-button="next"
        onKeyDown={onKeyDown}
        aria-disabled={targets.next === undefined}
        onClick={() => show('next')}
        className={arrow}
      >
        <ChevronRight className="size-4" />
      </IconButton>
    </fieldset>
  );
}
