import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The format of `--cpu-prof`. */
interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  /** The time before each sample (µs). */
  timeDeltas: number[];
}

const SHOWN = 25;
const ROOT = new URL('../../../', import.meta.url).href;

/** The functions with the most self time, for each profile in a folder. */
export function summarizeProfiles(folder: string): string {
  const files = readdirSync(folder).filter((file) => file.endsWith('.cpuprofile'));
  return files.map((file) => summarize(file, JSON.parse(readFileSync(join(folder, file), 'utf8')))).join('');
}

function summarize(file: string, { nodes, samples, timeDeltas }: Profile): string {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const selfTimes = new Map<string, number>();
  let total = 0;
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? '';
    if (name === '(idle)') continue;
    const time = timeDeltas[index] ?? 0;
    total += time;
    selfTimes.set(name, (selfTimes.get(name) ?? 0) + time);
  }
  const lines = [...selfTimes]
    .sort(([, one], [, other]) => other - one)
    .slice(0, SHOWN)
    .map(([name, time]) => `  ${((100 * time) / total).toFixed(1).padStart(5)} %  ${name}\n`);
  return `${file}: ${(total / 1e6).toFixed(1)} s of work\n${lines.join('')}`;
}

function nameOf({ functionName, url, lineNumber }: Profile['nodes'][number]['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  return url === '' ? name : `${name} ${url.replace(ROOT, '')}:${lineNumber + 1}`;
}
