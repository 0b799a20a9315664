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
      'Says what is wrong, and what to do. It reaches the server at its public address, and reports what stands in between ' +
        'buffers, times out or strips; and it looks at what stands beside the server: model, database, disk, ledger. ' +
        'Run it where the server runs, with its settings. Ends with 1 when there is a problem.',
    )
    .option('--url <address>', 'the public address (default: PUBLIC_URL, or HOST and PORT)')
    .option(
      '--key <credential>',
      'an administrator’s session token, where DATA_DIR is elsewhere (MILLRACE_KEY)',
    )
    .option('--idle <seconds>', 'also how long a connection survives on which nothing is said, up to so long')
    .option('--ask', 'let the model say a word, which costs some tokens')
    .option('--no-local', 'look at nothing but the address')
    .addOption(jsonOption())
    .action(async (options: DoctorOptions & { json?: boolean }) => {
      const { examine } = await import('../doctor/run-doctor.ts');
      const output = new Output(options);
      const findings: Finding[] = [];
      for await (const finding of examine(options, output)) {
        findings.push(finding);
        // As they come: some take their time.
        if (!output.isJson) output.result(finding, lineOf(finding));
      }
      const count = (status: Finding['status']) => findings.filter((each) => each.status === status).length;
      const [problems, warnings] = [count('problem'), count('warning')];
      output.result({ problems, warnings, findings }, `\n${problems} problems, ${warnings} warnings\n`);
      if (problems > 0) process.exitCode = EXIT_CODES.failure;
    });
}

function lineOf({ check, status, detail, advice }: Finding): string {
  const [mark, colour] = MARKS[status];
  const line = `${styled(colour, mark)} ${check}: ${plainLine(detail)}\n`;
  return advice === undefined ? line : `${line}    ${plainLine(advice)}\n`;
}
