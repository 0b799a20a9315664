import { runTool } from './processes.mjs';
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

/** Checks format, lint rules, types, dead code and words. */
export async function lint() {
  await runTool('oxfmt', ['--check']);
  checkWords();
  await runTool('oxlint', ['--type-aware', '--deny-warnings']);
  for (const workspace of WORKSPACES) await runTool('tsc', ['-p', workspace]);
  await runTool('knip', []);
}
