import type { Problem } from '@millrace/protocol';
import { expect } from 'vitest';
import { Caller } from './caller.ts';
import { RawConnection } from './raw-request.ts';
import type { RawAnswer } from './raw-request.ts';

export const PASSWORD = 'correct horse';
export const JSON_TYPE = { 'content-type': 'application/json' };

let emails = 0;
export const newEmail = () => `ada-${(emails += 1)}@example.org`;

/** Sends a request to `/api/auth/…` as a program does: without cookie and origin. */
export async function auth(url: string, path: string, body: object, token?: string): Promise<RawAnswer> {
  const connection = new RawConnection(url);
  const headers = { ...JSON_TYPE, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  const request = { method: 'POST', headers, body: JSON.stringify(body) };
  const answer = await connection.send(`/api/auth/${path}`, request);
  connection.close();
  return answer;
}

export function callerOf(url: string, answer: RawAnswer): Caller {
  const token = answer.headers['set-auth-token'];
  if (typeof token !== 'string') throw new Error(`No session: ${answer.status} ${answer.body}`);
  return new Caller(url, token);
}

export async function signUp(url: string, email = newEmail(), token?: string): Promise<Caller> {
  return callerOf(url, await auth(url, 'sign-up/email', { name: 'Ada', email, password: PASSWORD }, token));
}

export function expectProblem(answer: RawAnswer, status: number, code: string): Problem {
  expect({ status: answer.status, body: answer.body }).toMatchObject({ status });
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  const problem = JSON.parse(answer.body) as Problem;
  expect(problem).toMatchObject({ status, code });
  return problem;
}

/** The session cookies, as a browser sends them. */
export function cookieOf(answer: RawAnswer): string {
  return (answer.headers['set-cookie'] ?? []).map((line) => line.split(';', 1)[0]).join('; ');
}

/** Signs up a new user on a page of this server. @returns the response, the browser's connection and its cookie */
export async function signUpInBrowser(url: string) {
  const connection = new RawConnection(url);
  const answer = await connection.send('/api/auth/sign-up/email', {
    method: 'POST',
    headers: { ...JSON_TYPE, origin: url },
    body: JSON.stringify({ name: 'Ada', email: newEmail(), password: PASSWORD }),
  });
  return { answer, connection, cookie: cookieOf(answer) };
}
