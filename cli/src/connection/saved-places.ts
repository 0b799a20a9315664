import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CommandError } from '../errors.ts';

/** What is remembered of a server for one credential. */
export interface Place {
  /** The session of a guest. */
  guestToken?: string | undefined;
  /** Where the chat goes on unless another is asked for. */
  chatId?: string | undefined;
  /** A reply that wasn't read to its end. */
  reply?: { generationId: string; chatId: string } | undefined;
}

type Places = Record<string, Place>;

/** Kept from one call to the next, in a file that nobody else may read. */
export class SavedPlace {
  readonly #name: string;
  readonly #file = join(configFolder(), 'places.json');

  /** @param key the credential that is given with each call; null for the guest whose session is kept here */
  constructor(url: string, key: string | null) {
    // Not the key itself: the environment has it, and this file needn't.
    const whose = key === null ? '' : ` ${createHash('sha256').update(key).digest('hex').slice(0, 16)}`;
    this.#name = `${url}${whose}`;
  }

  read(): Place {
    return this.#readAll()[this.#name] ?? {};
  }

  /** Those given; undefined forgets one. */
  update(changes: Place): void {
    const places = this.#readAll();
    places[this.#name] = { ...places[this.#name], ...changes };
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
    // Whole or not at all, whoever else writes it now.
    const draft = `${this.#file}.${process.pid}`;
    writeFileSync(draft, `${JSON.stringify(places, null, 2)}\n`, { mode: 0o600 });
    renameSync(draft, this.#file);
  }

  /** @throws CommandError when it can't be understood */
  #readAll(): Places {
    let text: string;
    try {
      text = readFileSync(this.#file, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
      throw error;
    }
    try {
      return JSON.parse(text) as Places;
    } catch (cause) {
      throw new CommandError('invalid_places', `${this.#file} is not JSON. Mend or remove it.`, { cause });
    }
  }
}

/** By the XDG base directory specification. */
function configFolder(): string {
  const { XDG_CONFIG_HOME } = process.env;
  return join(XDG_CONFIG_HOME || join(homedir(), '.config'), 'millrace');
}
