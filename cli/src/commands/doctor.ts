import { Command } from 'commander';
import type { Finding } from '../doctor/finding.ts';
import type { DoctorOptions } from '../doctor/run-doctor.ts';
import { EXIT_CODES } from '../errors.ts';
import { Output, styled } from '../output/output.ts';
import { plainLine } from '../output/plain-text.ts';
import { jsonOption } from './options.ts';

const MARKS = { ok: ['✓', 'green'], warning: ['!', 'yellow'], problem: ['✗', 'red'] } as const;

export function doctorCommand(): Command {
  return new Command('doctor')
    .description(
      'Finds problems of a server, and says how to fix them. It calls the server at its public address, and reports what proxies ' +
        'buffer, time out or strip. It also checks the model, the database, the disk and the ledger. ' +
        'Run it on the machine of the server, with its settings. The exit code is 1 when there is a problem.',
    )
    .option('--url <address>', 'the public address (default: PUBLIC_URL, or HOST and PORT)')
    .option(
      '--key <credential>',
      'an administrator’s session token, when DATA_DIR is on another machine (MILLRACE_KEY)',
    )
    .option('--idle <seconds>', 'also check how long a silent connection survives, up to this time')
    .option('--ask', 'ask the model for one word, which costs some tokens')
    .option('--no-local', 'check the public address only')
    .addOption(jsonOption())
    .action(async (options: DoctorOptions & { json?: boolean }) => {
      const { examine } = await import('../doctor/run-doctor.ts');
      const output = new Output(options);
      const findings: Finding[] = [];
      for await (const finding of examine(options, output)) {
        findings.push(finding);
        // Some checks take long, so each finding is printed at once.
        if (!output.isJson) output.result(finding, lineOf(finding));
      }
      const count = (status: Finding['status']) => findings.filter((each) => each.status === status).length;
      const [problems, warnings] = [count('problem'), count('warning')];
      output.result(
        { problems, warnings, findings },
        `\n${plural(problems, 'problem')}, ${plural(warnings, 'warning')}\n`,
      );
      if (problems > 0) process.exitCode = EXIT_CODES.failure;
    });
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function lineOf({ check, status, detail, advice }: Finding): string {
  const [mark, colour] = MARKS[status];
  const line = `${styled(colour, mark)} ${check}: ${plainLine(detail)}\n`;
  return advice === undefined ? line : `${line}    ${plainLine(advice)}\n`;
}
