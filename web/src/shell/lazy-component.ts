import { lazy } from 'react';
import type { ComponentType, ReactNode } from 'react';
import { strings } from '../strings/en.ts';
import { showToast } from './toast.ts';

/**
 * A component that is loaded when it is first shown.
 * @param Fallback shown when the file can't be loaded; by default a toast says so
 */
export function lazyComponent<Props>(load: () => Promise<ComponentType<Props>>, Fallback?: ComponentType) {
  return lazy<ComponentType<Props>>(() =>
    load().then(
      (Component) => ({ default: Component }),
      () => {
        if (Fallback) return { default: Fallback as ComponentType<Props> };
        showToast({ text: strings.errors.serverUnreachable });
        return { default: (): ReactNode => null };
      },
    ),
  );
}
