import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeMountedChat, signInByJson } from './mounted-chat.ts';

const SOURCE = join(import.meta.dirname, '../../examples/express/src/main.ts');

describe('the Express example', () => {
  const example = describeMountedChat('express', signInByJson);

  test('has its own pages', async () => {
    expect((await fetch(`${example().url}/`)).headers.get('content-type')).toMatch(/^text\/html/);
    expect((await fetch(`${example().url}/chatter`)).status).toBe(404);
  });

  test('needs at most ten lines for the chat', async () => {
    const lines = (await readFile(SOURCE, 'utf8')).split('\n');
    const chat = lines.filter((line) => line.endsWith('// chat'));
    expect(chat.length).toBeGreaterThan(0);
    expect(chat.length).toBeLessThanOrEqual(10);
    const rest = lines.filter((line) => !line.endsWith('// chat')).join('\n');
    expect(rest).not.toMatch(/millrace|authenticate/i);
  });
});
