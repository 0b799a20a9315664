import { lazy } from 'react';
import type { ComponentType, ReactNode } from 'react';
import { strings } from '../strings/en.ts';
import { showToast } from './toast.ts';

/** A component that is loaded when it is first shown. Where its file can't be had, that is said, and nothing is shown. */
export function lazyComponent<Props>(load: () => Promise<ComponentType<Props>>) {
  return lazy<ComponentType<Props>>(() =>
    load().then(
      (Part) => ({ default: Part }),
      () => {
        showToast({ text: strings.errors.serverUnreachable });
        return { default: (): ReactNode => null };
      },
    ),
  );
}
