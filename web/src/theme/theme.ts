import { useSyncExternalStore } from 'react';
import { Listeners } from '../state/listeners.ts';

/** public/theme.js reads the same key before the first paint. */
const STORAGE_KEY = 'millrace.theme';

export const THEME_CHOICES = ['light', 'dark', 'system'] as const;
export type ThemeChoice = (typeof THEME_CHOICES)[number];

const systemIsDark = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Listeners();

function readChoice(): ThemeChoice {
  const stored = localStorage.getItem(STORAGE_KEY);
  return THEME_CHOICES.find((choice) => choice === stored) ?? 'system';
}

function apply(): void {
  const choice = readChoice();
  const isDark = choice === 'dark' || (choice === 'system' && systemIsDark.matches);
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
  listeners.notify();
}

systemIsDark.addEventListener('change', apply);
window.addEventListener('storage', apply);

export function chooseTheme(choice: ThemeChoice): void {
  localStorage.setItem(STORAGE_KEY, choice);
  apply();
}

export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore(listeners.subscribe, readChoice);
}
