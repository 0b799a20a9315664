import type { Load } from './load/load.ts';
import type { Model } from './model/model.ts';
import { Millrace } from './subjects/millrace.ts';
import type { MillraceOptions } from './subjects/millrace.ts';
import type { Subject } from './subjects/subject.ts';

/** What a scenario has to work with. */
export interface Bench {
  model: Model;
  load: Load;
  /** Only that everything works is of interest, not how fast. */
  isShort: boolean;
  /** How long `memory` watches; null for its own choice. */
  minutes: number | null;
  /** Where CPU profiles of Millrace are to be left; null for none. */
  profileFolder: string | null;
  /** Reports progress to the person who waits. */
  say(line: string): void;
}

/** Null: not to be had. */
export type Cell = string | number | null;

export interface Table {
  title: string;
  /** What one has to know to read it; empty for nothing. */
  note: string;
  columns: string[];
  rows: Cell[][];
}

export interface Outcome {
  tables: Table[];
  /** What the targets are judged by. */
  figures: Record<string, number>;
}

/**
 * One thing that is measured. Null where it can't be measured here; it has said why.
 * @throws when anything is missing or fails, however fast it was
 */
export type Scenario = (bench: Bench) => Promise<Outcome | null>;

/** Millrace as the bench's options want it. */
export function startMillrace(
  { model, profileFolder }: Bench,
  options: MillraceOptions = {},
): Promise<Millrace> {
  return Millrace.start(model, { profileFolder, ...options });
}

/** What model and readers together have used of their core (µs); null where that isn't known. */
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

/** Works with subjects and stops them, whatever happens. */
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
