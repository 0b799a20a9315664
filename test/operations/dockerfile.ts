import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

export interface Instruction {
  /** In upper case. */
  name: string;
  /** The rest of the line, with continuation lines joined. */
  rest: string;
}

/** Parses the stages of a Dockerfile, by name. A last stage without a name is `''`. */
export async function readDockerfile(file: string): Promise<Map<string, Instruction[]>> {
  const text = (await readFile(file, 'utf8')).replaceAll('\\\n', ' ');
  const stages = new Map<string, Instruction[]>();
  let stage: Instruction[] = [];
  for (const line of text.split('\n')) {
    const [, name = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === 'FROM') stages.set(/ AS (\S+)$/.exec(rest)?.[1] ?? '', (stage = []));
    else if (name !== '') stage.push({ name, rest: rest.trim() });
  }
  return stages;
}

/** The variables that `ENV` sets in a stage. */
export function environmentOf(stage: readonly Instruction[]): Record<string, string> {
  const words = stage.filter(({ name }) => name === 'ENV').flatMap(({ rest }) => rest.split(/\s+/));
  return Object.fromEntries(words.map((word) => word.split('=', 2) as [string, string]));
}

/** The command of the last instruction of a name. It must be a JSON list: a command through a shell is an error. */
export function programOf(stage: readonly Instruction[], name: 'CMD' | 'HEALTHCHECK'): [string, ...string[]] {
  const rest = stage.findLast((instruction) => instruction.name === name)?.rest ?? '';
  return JSON.parse(rest.slice(rest.indexOf('['))) as [string, ...string[]];
}

/** The files of a folder that are in Docker's build context. */
export async function buildContext(root: string): Promise<Set<string>> {
  const lines = (await readFile(join(root, '.dockerignore'), 'utf8')).split('\n');
  const rules = lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ isKept: line.startsWith('!'), pattern: patternOf(line.replace(/^!/, '')) }));
  const isKept = (path: string) => rules.findLast(({ pattern }) => pattern.test(path))?.isKept ?? true;
  const files = new Set<string>();
  const look = async (folder: string) => {
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (!isKept(path)) continue;
      if (entry.isDirectory()) await look(path);
      else files.add(path);
    }
  };
  await look('');
  return files;
}

/** Follows Docker's rules: a star also matches names that begin with a dot, and a folder includes its contents. */
function patternOf(glob: string): RegExp {
  const source = glob.replaceAll(/\*\*\/|\*|[.+?^${}()|[\]\\]/g, (found) => {
    if (found === '**/') return '(?:.*/)?';
    return found === '*' ? '[^/]*' : `\\${found}`;
  });
  return new RegExp(`^${source}(/|$)`);
}

/**
 * Executes the COPY instructions of a stage, and RUN instructions if requested.
 * @param stages the folders of the stages that it copies from
 */
export async function carryOut(
  stage: readonly Instruction[],
  {
    root,
    target,
    stages = {},
    runs,
  }: { root: string; target: string; stages?: Record<string, string>; runs: boolean },
): Promise<void> {
  const context = await buildContext(root);
  for (const { name, rest } of stage) {
    // `npm ci` works offline with what the repository's own installation has downloaded.
    const env = { ...process.env, npm_config_prefer_offline: 'true' };
    if (name === 'RUN' && runs) await promisify(execFile)('sh', ['-c', rest], { cwd: target, env });
    if (name !== 'COPY') continue;
    const words = rest.split(/\s+/);
    const from = words[0]?.startsWith('--from=') ? words.shift()?.slice('--from='.length) : undefined;
    const to = words.pop() ?? '';
    for (const word of words) {
      if (from === undefined) await copyFromContext(root, context, word, join(target, to), to.endsWith('/'));
      else
        await cp(stages[from] + word.replace(/^\/build/, ''), join(target, to), {
          recursive: true,
          verbatimSymlinks: true,
        });
    }
  }
}

/** Copies the content of a folder into the target. A file becomes the target, or goes into it if the target is a folder. */
async function copyFromContext(
  root: string,
  context: ReadonlySet<string>,
  source: string,
  target: string,
  isFolder: boolean,
): Promise<void> {
  const files = [...context].filter((file) => file === source || file.startsWith(`${source}/`));
  if (files.length === 0) throw new Error(`Docker is not given ${source}`);
  for (const file of files) {
    const inside = file === source ? (isFolder ? basename(file) : '') : file.slice(source.length);
    const path = join(target, inside);
    await mkdir(dirname(path), { recursive: true });
    await cp(join(root, file), path);
  }
}
