import { runTool, say } from './processes.mjs';
import { checkWords } from './words.mjs';

const WORKSPACES = [
  'protocol',
  'client',
  'gemini-simulator',
  'server',
  'cli',
  'web',
  'test',
  'bench',
  'examples/express',
  'examples/nest',
  'examples/next',
];

async function checkFormat() {
  const advise = () => say('`npm run format` fixes the format.');
  // The tool's own advice names an option of its own command. A failed check ends this process.
  process.on('exit', advise);
  await runTool('oxfmt', ['--check']);
  process.off('exit', advise);
}

/** Checks format, lint rules, types, dead code and words. */
export async function lint() {
  await checkFormat();
  checkWords();
  await runTool('oxlint', ['--type-aware', '--deny-warnings']);
  for (const workspace of WORKSPACES) await runTool('tsc', ['-p', workspace]);
  await runTool('knip', []);
}
