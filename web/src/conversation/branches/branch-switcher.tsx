import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useEffect, useRef } from 'react';
import type { KeyboardEvent } from 'react';
import { IconButton } from '../../shell/button.tsx';
import { strings } from '../../strings/en.ts';

interface BranchSwitcherProps {
  /** What its row shows. */
  shownIds: readonly string[];
  /** The ids of all that are in one place, oldest first; none where there is but one. */
  versions: readonly string[] | undefined;
  onShow: (messageId: string) => void;
}

/** Another version is another row, which takes over the focus of the one it replaces: which button of which version. */
let handedOver: { to: string; button: 'previous' | 'next' } | null = null;

/** Goes through what was said in one place: ‹ 2/3 ›, by mouse, Tab and Enter, or the arrow keys. */
export function BranchSwitcher({ shownIds, versions, onShow }: BranchSwitcherProps) {
  const group = useRef<HTMLFieldSetElement>(null);

  useEffect(() => {
    if (handedOver === null || !shownIds.includes(handedOver.to)) return;
    group.current?.querySelector<HTMLElement>(`[data-button=${handedOver.button}]`)?.focus();
    handedOver = null;
  }, [shownIds]);

  if (versions === undefined) return null;
  const index = versions.findIndex((id) => shownIds.includes(id));
  const [number, count] = [(index + 1).toLocaleString(), versions.length.toLocaleString()];
  const targets = { previous: versions[index - 1], next: versions[index + 1] };

  function show(button: 'previous' | 'next') {
    const to = targets[button];
    if (to === undefined) return;
    handedOver = { to, button };
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
        // Not disabled, which would lose the focus.
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
