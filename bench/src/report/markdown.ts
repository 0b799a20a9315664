import type { Cell, Table } from '../scenario.ts';
import { SCENARIOS_SHOWN } from './about.ts';
import { figure } from './format.ts';
import type { Machine } from './machine.ts';
import type { Results } from './results.ts';
import { judge, TARGETS } from './targets.ts';

/** Formats the report as Markdown. */
export function renderMarkdown({ machine, scenarios }: Results): string {
  const figures = Object.assign(
    {},
    ...Object.values(scenarios).map((scenario) => scenario?.figures),
  ) as Record<string, number | null>;
  const parts = [
    '# Millrace, measured',
    machine === null ? '' : machineLine(machine),
    HOW_TO_READ,
    '## Targets',
    targetTable(figures),
  ];
  for (const [name, about] of Object.entries(SCENARIOS_SHOWN)) {
    const scenario = scenarios[name];
    if (scenario === undefined) continue;
    parts.push(`## ${name}`, `${about} Measured ${scenario.measuredAt}.`);
    parts.push(...scenario.tables.map(renderTable));
  }
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

const HOW_TO_READ = `\`npm run bench\` writes this file. Server, model and readers are separate processes. Each round measures all subjects
in turn (A B C A B C). A cell shows the median of the rounds, with the minimum and the maximum. Machines differ, and this one may have had other
load, so ratios within a table mean more than single figures. “–” means that there is no figure. Millrace runs as users run it (\`main.ts\`), with
accounts, SQLite log and ledger; the servers it is compared with don’t authenticate users and store nothing. \`resumable-stream\` runs in memory
instead of with Redis, except where a table says otherwise, which favours it. “load’s core” is the share of their core that model and readers used: near 100 %,
they limit the figures, not the server.`;

function machineLine({ cores, memory, architecture, node, fdatasync, isPinned }: Machine): string {
  const pinning = isPinned
    ? 'the server pinned to one core, model and readers to another'
    : 'processes not pinned to cores';
  return `${cores} cores (${architecture}), ${memory} GB of memory, Node ${node}, \`fdatasync\` ${fdatasync} ms; ${pinning}.`;
}

function targetTable(figures: Record<string, number | null>): string {
  const rows = TARGETS.map(({ what, target, checks, note }) => {
    const judged = checks.map((check) => ({ ...check, ...judge(check, figures) }));
    const measured = judged.map(({ label, value, result }) => {
      const text = value === null ? '–' : `${label} ${figure(value)}`;
      return result === 'missed' ? `**${text}**` : text;
    });
    const results = new Set(judged.map(({ result }) => result));
    const result = results.has('missed')
      ? '**missed**'
      : results.has('not measured')
        ? 'not measured'
        : 'met';
    return [what, target, `${measured.join(', ')}${note === undefined ? '' : `. ${note}`}`, result];
  });
  return renderRows(['what', 'target', 'measured', ''], rows);
}

function renderTable({ title, note, columns, rows }: Table): string {
  const heading = `### ${title}`;
  return [heading, note, renderRows(columns, rows)].filter((part) => part !== '').join('\n\n');
}

function renderRows(columns: string[], rows: Cell[][]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const text = (cell: Cell) => (cell === null ? '–' : typeof cell === 'number' ? figure(cell) : cell);
  return [line(columns), line(columns.map(() => '---')), ...rows.map((row) => line(row.map(text)))].join(
    '\n',
  );
}
