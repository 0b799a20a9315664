import { errorText } from '../server/error-text.ts';
import { showToast } from './toast.ts';

/** Shows the error of a failed action as a toast. */
export function showError(error: unknown): void {
  showToast({ text: errorText(error) });
}

/** Runs an action. An error is shown as a toast. */
export async function reportErrors(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    showError(error);
  }
}
