import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Client } from 'pg';
import { createTestDatabase } from '../../server/src/store/postgres/postgres.fixture.ts';
import type { RecordedState, Storage } from './state.ts';

/** A copy of a recorded state, on which a server can run. */
export interface RestoredState {
  state: RecordedState;
  /** The settings that name the copy, and the settings that its data need. */
  settings: Record<string, string>;
  remove(): Promise<void>;
}

/** The folders of recorded states, oldest first. */
export async function recordedStates(): Promise<string[]> {
  const entries = await readdir(import.meta.dirname, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).toSorted();
}

/** Restores a recorded state like a backup: the copied `DATA_DIR`, or the dump in a new database. */
export async function restoreState(name: string, storage: Storage): Promise<RestoredState> {
  const folder = join(import.meta.dirname, name, storage);
  const state = JSON.parse(String(await unzipped(join(folder, 'state.json.gz')))) as RecordedState;
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-upgrade-'));
  const settings = { ...state.settings, DATA_DIR: dataDir };
  const removeDataDir = () => rm(dataDir, { recursive: true });
  if (storage === 'sqlite') {
    for (const file of await readdir(folder)) {
      if (file === 'state.json.gz') continue;
      await writeFile(join(dataDir, file.replace(/\.gz$/, '')), await unzipped(join(folder, file)));
    }
    return { state, settings, remove: removeDataDir };
  }
  const { url, drop } = await createTestDatabase();
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(String(await unzipped(join(folder, 'dump.sql.gz'))));
  await client.end();
  const remove = async () => {
    await drop();
    await removeDataDir();
  };
  return { state, settings: { ...settings, DATABASE_URL: url }, remove };
}

async function unzipped(file: string): Promise<Buffer> {
  return gunzipSync(await readFile(file));
}
