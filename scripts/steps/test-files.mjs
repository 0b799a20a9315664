import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { fail, root } from './processes.mjs';

/**
 * Which text in a test file, or in a file that it imports, shows that the test needs a service. `npm test` sets these variables
 * for the tests, so a test can't use a service without being found here.
 */
const NEEDS = {
  postgres: /\bMILLRACE_POSTGRES(?:_BIN)?\b/,
  redis: /\bMILLRACE_REDIS(?:_SERVER)?\b/,
  chromium: /\bMILLRACE_CHROMIUM\b/,
  nginx: /\bMILLRACE_NGINX\b/,
  webApp: /web\/dist|server\/src\/main\.ts|cli\/bin/,
};

/** The services of which tests skip what they lack, but which decide the project of a test file. */
const DATABASES = ['postgres', 'redis'];

/** Tests of the API that run a second time with PostgreSQL and Redis. */
const API_WITH_DATABASES =
  /^test\/api\/(?:follow|stop|exactness|idempotency|channel|durable-streams|private-data)\.test\.ts$/;

/** Tests with many random inputs need no service, but take longer than unit tests may. */
const RANDOMIZED = /\.(?:property|fuzz)\.test\.ts$/;

/** The contracts of the store and of accounts on SQLite need no service, but take as long as those on PostgreSQL. */
const SQLITE_CONTRACTS = /^server\/src\/(?:store|adapters\/accounts)\/.*sqlite-(?:store|accounts)\.test\.ts$/;

/** Vitest's options that take their value from the next argument. */
const OPTIONS_WITH_VALUE = new Set([
  '-t',
  '--testNamePattern',
  '--project',
  '--reporter',
  '--outputFile',
  '--bail',
  '--retry',
  '--shard',
  '--maxWorkers',
]);

const FOLDERS = [
  'protocol',
  'server',
  'client',
  'web',
  'gemini-simulator',
  'scripts',
  'bench',
  'cli',
  'test',
];
const IGNORED_FOLDERS = new Set(['node_modules', 'dist', 'data']);
const SOURCE_FILE = /\.(?:tsx?|mjs)$/;
const TEST_FILE = /\.test\.(?:tsx?|mjs)$/;

/** Static imports and re-exports of relative paths. */
const RELATIVE_IMPORT = /^(?:import|export)\b[^;]*?['"](\.{1,2}\/[^'"]+)['"]/gm;

/**
 * All test files with the services that each one needs and the Vitest projects that run it.
 * @returns {{ path: string, needs: Set<string>, projects: string[] }[]} paths are relative to the root
 */
export function findTestFiles() {
  const needsByFile = new Map();
  const paths = FOLDERS.flatMap((folder) => filesIn(folder)).filter((path) => TEST_FILE.test(path));
  return paths.map((path) => {
    const needs = needsOf(join(root, path), needsByFile);
    const projects = projectsOf(path, needs);
    if (projects.includes('api-with-databases')) for (const database of DATABASES) needs.add(database);
    return { path, needs, projects };
  });
}

/**
 * The test files that Vitest runs for these arguments.
 * @param {readonly string[]} args of `vitest run`
 */
export function chosenTestFiles(args) {
  const { filters, isChosen } = read(args);
  const files = findTestFiles()
    .filter(isChosen)
    .filter(({ path }) => filters.length === 0 || filters.some((filter) => path.includes(toFilter(filter))));
  if (files.length === 0) fail(`No test file matches: ${args.join(' ')}`);
  return files;
}

/**
 * Replaces each path that is no part of a test file's name, such as a source file, with the nearest test files that import it.
 * Ends this process when a path has no test.
 * @param {readonly string[]} args of `vitest run`
 */
export function withTestsOfSources(args) {
  const { filters, isChosen } = read(args);
  if (filters.length === 0) return [...args];
  const testFiles = findTestFiles().filter(isChosen);
  const testsOf = (given) => {
    const filter = toFilter(given);
    if (testFiles.some(({ path }) => path.includes(filter))) return [given];
    const tests = nearestTests(filter.replace(/\/$/, ''), new Set(testFiles.map(({ path }) => path)));
    if (tests.length === 0) fail(`No test file matches: ${given}`);
    return tests;
  };
  return args.flatMap((arg) => (filters.includes(arg) ? testsOf(arg) : [arg]));
}

/** Separates the paths from the options. `isChosen` says whether a test file is in a chosen project. */
function read(args) {
  const filters = [];
  const projects = [];
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index];
    if (arg.startsWith('--project=')) projects.push(arg.slice('--project='.length));
    if (arg === '--project') projects.push(args[index + 1]);
    if (OPTIONS_WITH_VALUE.has(arg)) index += 1;
    else if (!arg.startsWith('-')) filters.push(arg);
  }
  const isChosen = (file) =>
    projects.length === 0 ||
    file.projects.some((project) => projects.some((pattern) => matches(project, pattern)));
  return { filters, isChosen };
}

/**
 * Follows imports from a source file, or from all files of a folder, to the first test files that depend on them, and to all of
 * those in the folder around the source.
 * @param {ReadonlySet<string>} testPaths
 */
function nearestTests(source, testPaths) {
  const paths = FOLDERS.flatMap((folder) => filesIn(folder)).filter((path) => SOURCE_FILE.test(path));
  const importersOf = new Map();
  for (const path of paths) {
    for (const imported of readNeeds(join(root, path)).imports) {
      const key = toFilter(imported);
      importersOf.set(key, [...(importersOf.get(key) ?? []), path]);
    }
  }
  let level = paths.filter((path) => path === source || path.startsWith(`${source}/`));
  const seen = new Set(level);
  let nearest = [];
  const beside = [];
  while (level.length > 0) {
    const tests = level.filter((path) => testPaths.has(path));
    if (nearest.length === 0) nearest = tests;
    beside.push(...tests.filter((path) => path.startsWith(`${dirname(source)}/`)));
    level = [...new Set(level.flatMap((path) => importersOf.get(path) ?? []))].filter(
      (path) => !seen.has(path),
    );
    for (const path of level) seen.add(path);
  }
  return [...new Set([...nearest, ...beside])];
}

/** Compares a project's name with a value of `--project`, which may end in `*`. */
function matches(project, pattern) {
  return pattern.endsWith('*') ? project.startsWith(pattern.slice(0, -1)) : project === pattern;
}

/** Everything that at least one of the files needs. */
export function allNeeds(files) {
  return new Set(files.flatMap(({ needs }) => [...needs]));
}

function filesIn(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (!entry.isDirectory()) return [path];
    return IGNORED_FOLDERS.has(entry.name) ? [] : filesIn(path);
  });
}

/** Vitest compares a filter with the path of each test file. */
function toFilter(arg) {
  const path = arg.replace(/:\d+$/, '');
  return (isAbsolute(path) ? relative(root, path) : path.replace(/^\.\//, '')).split(sep).join('/');
}

function projectsOf(path, needs) {
  if (path.startsWith('test/chaos/')) return ['chaos'];
  if (needs.has('chromium')) return ['browser'];
  if (API_WITH_DATABASES.test(path)) return ['api', 'api-with-databases'];
  if (path.startsWith('test/')) return ['api'];
  if (SQLITE_CONTRACTS.test(path) || DATABASES.some((database) => needs.has(database))) return ['databases'];
  return [RANDOMIZED.test(path) ? 'properties' : 'unit'];
}

function needsOf(start, needsByFile) {
  const needs = new Set();
  const seen = new Set([start]);
  for (const file of seen) {
    const known = needsByFile.get(file) ?? readNeeds(file);
    needsByFile.set(file, known);
    for (const need of known.needs) needs.add(need);
    for (const imported of known.imports) seen.add(imported);
  }
  return needs;
}

function readNeeds(file) {
  const text = readFileSync(file, 'utf8');
  const needs = Object.keys(NEEDS).filter((need) => NEEDS[need].test(text));
  const imports = [...text.matchAll(RELATIVE_IMPORT)].map(([, path]) => join(dirname(file), path));
  return { needs, imports: imports.filter((path) => existsSync(path) && SOURCE_FILE.test(path)) };
}
