import type { Load } from './load/load.ts';
import type { Model } from './model/model.ts';
import { Millrace } from './subjects/millrace.ts';
import type { MillraceOptions } from './subjects/millrace.ts';
import type { Subject } from './subjects/subject.ts';

/** The dependencies of a scenario. */
export interface Bench {
  model: Model;
  load: Load;
  /** A short run, which only shows that everything works. */
  isShort: boolean;
  /** The duration of the scenario `memory`; null for its default. */
  minutes: number | null;
  /** The folder for CPU profiles of Millrace; null for none. */
  profileFolder: string | null;
  /** Prints progress. */
  say(line: string): void;
}

/** Null if it isn't available. */
export type Cell = string | number | null;

export interface Table {
  title: string;
  /** A remark for readers; empty for none. */
  note: string;
  columns: string[];
  rows: Cell[][];
}

export interface Outcome {
  tables: Table[];
  /** The figures that the targets are checked against. */
  figures: Record<string, number>;
}

/**
 * One measurement. Null if it can't run here; it has reported why.
 * @throws Error if data is missing or anything fails
 */
export type Scenario = (bench: Bench) => Promise<Outcome | null>;

/** Millrace, configured by the options of the bench. */
export function startMillrace(
  { model, profileFolder }: Bench,
  options: MillraceOptions = {},
): Promise<Millrace> {
  return Millrace.start(model, { profileFolder, ...options });
}

/** The CPU time of model and readers together (µs); null if it isn't known. */
export function loadCpu({ model, load }: Bench): number | null {
  const [speaking, reading] = [model.child.usage(), load.child.usage()];
  return speaking === null || reading === null ? null : speaking.cpu + reading.cpu;
}

/** Measures subjects side by side, each in every round (A B C A B C …), and stops them. */
export async function inRounds<Measured, One extends Subject>(
  rounds: number,
  subjects: readonly One[],
  measure: (subject: One, round: number) => Promise<Measured>,
): Promise<Map<One, Measured[]>> {
  const measured = new Map<One, Measured[]>(subjects.map((subject) => [subject, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const subject of subjects) {
      try {
        measured.get(subject)?.push(await measure(subject, round));
      } catch (cause) {
        throw new Error(`${subject.name}: ${cause instanceof Error ? cause.message : String(cause)}`, {
          cause,
        });
      }
    }
  }
  return measured;
}

/** Runs a function with subjects, and always stops them. */
export async function withSubjects<One extends Subject, Result>(
  starting: readonly Promise<One>[],
  work: (subjects: One[]) => Promise<Result>,
): Promise<Result> {
  const settled = await Promise.allSettled(starting);
  const subjects = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  try {
    for (const each of settled) if (each.status === 'rejected') throw each.reason;
    return await work(subjects);
  } finally {
    await Promise.all(subjects.map((subject) => subject.stop()));
  }
}
