import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CommandError } from '../errors.ts';

/** What is saved for one server and one credential. */
export interface SessionState {
  /** The session of a guest. */
  guestToken?: string | undefined;
  /** The last chat. */
  chatId?: string | undefined;
  /** A reply that wasn't read to its end, for `--resume`. */
  reply?: { generationId: string; chatId: string } | undefined;
}

type SavedSessions = Record<string, SessionState>;

/** State that is saved between calls, in a file that only its owner can read. */
export class SavedSession {
  readonly #name: string;
  readonly #file = join(configFolder(), 'sessions.json');

  /** @param key the credential that is given with each call; null for the guest whose session is saved here */
  constructor(url: string, key: string | null) {
    // A hash instead of the key: the file needs no credential that the environment has.
    const suffix = key === null ? '' : ` ${createHash('sha256').update(key).digest('hex').slice(0, 16)}`;
    this.#name = `${url}${suffix}`;
  }

  read(): SessionState {
    return this.#readAll()[this.#name] ?? {};
  }

  /** Saves the given fields. Undefined deletes a field. */
  update(changes: SessionState): void {
    const sessions = this.#readAll();
    sessions[this.#name] = { ...sessions[this.#name], ...changes };
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
    // Renaming is atomic, so that concurrent writers leave a whole file.
    const draft = `${this.#file}.${process.pid}`;
    writeFileSync(draft, `${JSON.stringify(sessions, null, 2)}\n`, { mode: 0o600 });
    renameSync(draft, this.#file);
  }

  /** @throws CommandError when the file isn't JSON */
  #readAll(): SavedSessions {
    let text: string;
    try {
      text = readFileSync(this.#file, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
      throw error;
    }
    try {
      return JSON.parse(text) as SavedSessions;
    } catch (cause) {
      throw new CommandError('invalid_sessions', `${this.#file} is not JSON. Repair or delete it.`, {
        cause,
      });
    }
  }
}

/** Follows the XDG base directory specification. */
function configFolder(): string {
  const { XDG_CONFIG_HOME } = process.env;
  return join(XDG_CONFIG_HOME || join(homedir(), '.config'), 'millrace');
}
