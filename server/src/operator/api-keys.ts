import type { ApiKey, NewApiKey } from '@millrace/protocol';
import { withStorage } from '../composition/open-storage.ts';
import type { StorageLocation } from '../composition/storage.ts';
import { findUser } from './find-user.ts';

/** @param owner an id or an email address @throws ProblemError `not_found`, `invalid_request`, `forbidden` */
export function createApiKey(
  location: StorageLocation,
  owner: string,
  key: { name: string; expiresAt: number | null },
): Promise<NewApiKey> {
  return withStorage(location, async ({ store, keys }) => keys.create(await findUser(store, owner), key));
}

/** @param owner an id or an email address @throws ProblemError `not_found`, `invalid_request` */
export function listApiKeys(location: StorageLocation, owner: string): Promise<ApiKey[]> {
  return withStorage(location, async ({ store, keys }) => keys.list((await findUser(store, owner)).id));
}

/**
 * Revokes a key. A running server may accept the key for some seconds more.
 * @param owner an id or an email address
 * @throws ProblemError `not_found`, `invalid_request`
 */
export function revokeApiKey(location: StorageLocation, owner: string, keyId: string): Promise<void> {
  return withStorage(location, async ({ store, keys }) =>
    keys.revoke((await findUser(store, owner)).id, keyId),
  );
}
