import { useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { RefObject } from 'react';
import { ScrollController } from './scroll-controller.ts';

interface Scrolling {
  controller: ScrollController;
  /** Of what scrolls. */
  view: RefObject<HTMLDivElement | null>;
  /** Of what grows in it. */
  content: RefObject<HTMLDivElement | null>;
  isAway: boolean;
}

/** Keeps the end of what grows in view: see `ScrollController`. */
export function useScrollController(): Scrolling {
  const [controller] = useState(() => new ScrollController());
  const view = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const isAway = useSyncExternalStore(controller.subscribe, controller.isAway);
  useLayoutEffect(() => {
    if (view.current && content.current) return controller.attach(view.current, content.current);
  }, [controller]);
  return { controller, view, content, isAway };
}
