import { expect, test } from 'vitest';
import { ReplyError, StorageError } from './errors.ts';
import { errorFields } from './error-fields.ts';

test('an outage is logged with its code, its text and its cause apart, without a stack', () => {
  const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:9'), { code: 'ECONNREFUSED' });
  expect(errorFields(new ReplyError('model_unavailable', 'Try again in a moment.', { cause }))).toEqual({
    code: 'model_unavailable',
    error: 'Try again in a moment.',
    causeCode: 'ECONNREFUSED',
    cause: 'connect ECONNREFUSED 127.0.0.1:9',
  });
});

test('a connection that failed at every address of a host names each failure', () => {
  const errors = ['::1', '127.0.0.1'].map((address) => new Error(`connect ECONNREFUSED ${address}`));
  const cause = Object.assign(new AggregateError(errors), { code: 'ECONNREFUSED' });
  expect(errorFields(new Error('No answer.', { cause }))).toEqual({
    error: 'No answer.',
    causeCode: 'ECONNREFUSED',
    cause: 'Error: connect ECONNREFUSED ::1; Error: connect ECONNREFUSED 127.0.0.1',
  });
});

test('a cause with a cause is named by the first of them, such as the database’s own error', () => {
  const full = Object.assign(new Error('database or disk is full'), { code: 'ERR_SQLITE_ERROR' });
  const cause = new StorageError('The database can’t be written.', { cause: full });
  expect(errorFields(new ReplyError('storage_failed', 'Try again.', { cause }))).toEqual({
    code: 'storage_failed',
    error: 'Try again.',
    causeCode: 'ERR_SQLITE_ERROR',
    cause: 'database or disk is full',
  });
});

test('a thrown value that is no error is logged as text', () => {
  expect(errorFields('broken')).toEqual({ error: 'broken' });
});
