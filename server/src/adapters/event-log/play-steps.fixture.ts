/** An event log under test, with the expected state. */
interface LogModel<Step> {
  take(step: Step): Promise<void>;
  /** Throws when the actual state differs from the expected state. */
  check(): void;
  /** Checks what must hold at the end. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

/** Runs the steps of one case of a property, checks the model after each of them, and closes it. */
export async function playSteps<Step>(model: LogModel<Step>, steps: readonly Step[]): Promise<void> {
  try {
    for (const step of steps) {
      await model.take(step);
      model.check();
    }
    await model.finish();
  } finally {
    await model.close();
  }
}
