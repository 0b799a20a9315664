import { useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { RefObject } from 'react';
import { ScrollController } from './scroll-controller.ts';

interface Scrolling {
  controller: ScrollController;
  /** The scrolling element. */
  view: RefObject<HTMLDivElement | null>;
  /** The growing element inside the view. */
  content: RefObject<HTMLDivElement | null>;
  isAway: boolean;
}

/** Keeps the end of a growing conversation in view, as described at `ScrollController`. */
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
