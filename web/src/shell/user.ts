import type { User } from '@millrace/protocol';
import { strings } from '../strings/en.ts';

/** The name to show for a user. */
export function userName({ kind, name }: User): string {
  return kind === 'guest' || name === '' ? strings.labels.guest : name;
}

export function isAdministrator({ roles }: User): boolean {
  return roles.includes('admin');
}
