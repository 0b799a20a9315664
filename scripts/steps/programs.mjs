import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fail, run, say } from './processes.mjs';

/**
 * Where a program is that tests need. On Debian, as root, it is installed when missing; elsewhere its absence is said, and
 * is an error where `CI` is "true".
 * @param program.what its name, for people
 * @param program.variable of the environment, which may say where it is
 * @param program.names of the command; program.places that are in no PATH
 * @param program.packages of Debian; program.otherPackages where those aren't to be had; program.tests that need it
 * @returns a path, or '' when there is none
 */
export async function findProgram(program) {
  const { what, variable, packages, otherPackages = packages, tests } = program;
  let found = lookUp(program);
  if (found === '' && process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0) {
    say(`installing ${what} for ${tests} (once)`);
    await run('apt-get', ['update', '-qq']);
    const quiet = { DEBIAN_FRONTEND: 'noninteractive' };
    const wanted = spawnSync('apt-cache', ['show', ...packages]).status === 0 ? packages : otherPackages;
    await run('apt-get', ['install', '-qq', '-y', '--no-install-recommends', ...wanted], quiet);
    found = lookUp(program);
  }
  if (found !== '') return found;
  const advice = `No ${what} found. Install it, or set ${variable} to one.`;
  if (process.env.CI === 'true') fail(advice);
  say(`${advice} Skipped are ${tests}.`);
  return '';
}

function lookUp({ variable, names, places }) {
  const given = process.env[variable];
  if (given) return given;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = [...folders.flatMap((folder) => names.map((name) => join(folder, name))), ...places];
  return candidates.find(isExecutable) ?? '';
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
