import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { InvalidBehaviourError, type LogEntry, startSimulator } from './index.ts';
import { ask, askScripted, eventsOf, textOf, until } from './testing/ask.ts';

const simulator = await startSimulator();
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

const control = (path: string, body?: string) =>
  fetch(`${simulator.url}/__sim/${path}`, body === undefined ? {} : { method: 'POST', body });

describe('a script', () => {
  test('over HTTP is used in order, one behaviour for each request', async () => {
    const script = await control('script', JSON.stringify([{ text: 'first' }, '503', { text: 'third' }]));
    expect(await script.json()).toEqual({ queued: 3 });
    expect(textOf(eventsOf((await ask(simulator, 'Hi')).body))).toBe('first');
    expect((await ask(simulator, 'Hi')).status).toBe(503);
    expect(textOf(eventsOf((await ask(simulator, 'Hi')).body))).toBe('third');
    expect(textOf(eventsOf((await ask(simulator, 'Hi')).body))).toBe('Hi');
  });

  test('is not used by countTokens', async () => {
    await askScripted(simulator, { text: 'kept' }, 'Hi', { method: 'countTokens' });
    expect(textOf(eventsOf((await ask(simulator, 'Hi')).body))).toBe('kept');
  });

  const mistakes: Record<string, [body: string, message: string]> = {
    'is no list': ['{}', 'a script must be a list of behaviours'],
    'is no JSON': ['[', 'Invalid JSON payload'],
    'names an unknown fault': ['["nonsense"]', 'unknown fault "nonsense"'],
    'has an unknown kind': ['[{"kind": "x"}]', "Expected 'reply' |"],
    'has an unknown field': ['[{"txt": "x"}]', 'Unrecognized key: "txt"'],
    'has a field of the wrong type': [
      '[{"chunkChars": "7"}]',
      'expected number, received string\n  → at chunkChars',
    ],
    'has an unknown stream fault': ['[{"fault": {"kind": "x"}}]', '→ at fault.kind'],
    'misplaces a fault field': [
      '[{"fault": {"kind": "close", "ms": 1}}]',
      'Unrecognized key: "ms"\n  → at fault',
    ],
    'lacks what it needs': ['[{"kind": "error"}]', '→ at error'],
    'replays nothing': ['[{"kind": "replay"}]', 'must have a file or bytes'],
  };
  for (const [name, [body, message]] of Object.entries(mistakes)) {
    test(`that ${name} is a 400 with its reason, and nothing is queued`, async () => {
      const response = await control('script', body);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining(message) } });
      expect(textOf(eventsOf((await ask(simulator, 'Hi')).body))).toBe('Hi');
    });
  }

  test('in the process is validated too', () => {
    expect(() => simulator.script([{ text: 'good' }, { kind: 'http', status: 99, body: '' }])).toThrow(
      InvalidBehaviourError,
    );
    expect(simulator.script([])).toBe(0);
  });

  test('is rejected with a 400 if its header is invalid', async () => {
    const answer = await ask(simulator, 'Hi', { headers: { 'x-sim': '{"text": ' } });
    expect(JSON.parse(answer.body)).toMatchObject({
      error: { code: 400, message: expect.stringContaining('x-sim') },
    });
  });
});

describe('counting', () => {
  const count = () => ask(simulator, 'Hello there', { method: 'countTokens' });

  test('fails with the given behaviour, set over HTTP or in the process, until a reset', async () => {
    expect((await control('counting', '"503"')).status).toBe(200);
    expect((await count()).status).toBe(503);
    expect((await count()).status).toBe(503);
    simulator.counting({ kind: 'http', status: 200, body: '{}' });
    expect((await count()).body).toBe('{}');
    simulator.reset();
    expect(JSON.parse((await count()).body)).toMatchObject({ totalTokens: 3 });
  });

  test('can be delayed, or never answered, independently of replies', async () => {
    simulator.counting({ firstDelayMs: 1 });
    expect(JSON.parse((await count()).body)).toMatchObject({ totalTokens: 3 });
    simulator.counting('hang');
    const leave = new AbortController();
    const counted = ask(simulator, 'Hi', { method: 'countTokens', signal: leave.signal });
    await until(() => simulator.log().length === 2);
    expect(textOf(eventsOf((await ask(simulator, 'Hi')).body))).toBe('Hi');
    expect(simulator.log()[1]).not.toHaveProperty('status');
    leave.abort();
    await expect(counted).rejects.toThrow('abort');
  });

  test('with an invalid behaviour is rejected with a 400, and changes nothing', async () => {
    expect((await control('counting', '"nonsense"')).status).toBe(400);
    expect(JSON.parse((await count()).body)).toMatchObject({ totalTokens: 3 });
  });
});

describe('the log', () => {
  test('has each request, what was sent, and when it was finished', async () => {
    const answer = await ask(simulator, 'Hello there', { headers: { 'x-custom': 'seen' } });
    await until(() => simulator.log()[0]?.finishedAt !== undefined);
    const entries = (await (await control('log')).json()) as LogEntry[];
    expect(entries).toEqual(simulator.log());
    expect(entries).toMatchObject([
      {
        method: 'streamGenerateContent',
        model: 'gemini-3.8-flash',
        body: { contents: [{ role: 'user', parts: [{ text: 'Hello there' }] }] },
        headers: { 'x-custom': 'seen' },
        status: 200,
        bytesSent: Buffer.byteLength(answer.body),
        chunksSent: 2,
        text: 'Hello there',
        tokensMade: 3,
      },
    ]);
    expect(entries[0]).not.toHaveProperty('closedByClientAt');
  });

  test('has the time when the client closed early, after which nothing is generated', async () => {
    const abort = new AbortController();
    const answer = askScripted(simulator, { chunkDelayMs: 1, text: 'x'.repeat(500_000) }, 'Hi', {
      signal: abort.signal,
    });
    await until(() => (simulator.log()[0]?.chunksSent ?? 0) > 3);
    abort.abort();
    expect((await answer).broken).toHaveProperty('name', 'AbortError');
    await until(() => simulator.log()[0]?.closedByClientAt !== undefined);
    const [entry] = simulator.log();
    expect(entry).not.toHaveProperty('finishedAt');
    expect(entry?.text.length).toBeLessThan(500_000);
    await ask(simulator, 'another request in between');
    expect(simulator.log()[0]).toEqual(entry);
  });

  test('shows backpressure by a client that does not read', async () => {
    const abort = new AbortController();
    simulator.script([{ text: 'x'.repeat(20_000_000), chunkChars: 20_000 }]);
    const url = `${simulator.url}/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse&key=a`;
    const body = JSON.stringify({ contents: [{ parts: [{ text: 'Hi' }] }] });
    const response = await fetch(url, { method: 'POST', body, signal: abort.signal });
    let before = -1;
    while (simulator.log()[0]?.bytesSent !== before) {
      before = simulator.log()[0]?.bytesSent ?? 0;
      for (let asked = 0; asked < 10; asked++)
        await control('log', undefined).then((log) => log.body?.cancel());
    }
    expect(before).toBeLessThan(20_000_000);
    expect(simulator.log()[0]).not.toHaveProperty('finishedAt');
    abort.abort();
    await expect(response.text()).rejects.toThrow('abort');
  });

  test('and the script are cleared by a reset', async () => {
    simulator.script([{ text: 'forgotten' }]);
    await ask(simulator, 'Hi', { method: 'countTokens' });
    await control('reset', '');
    expect(simulator.log()).toEqual([]);
    expect(textOf(eventsOf((await ask(simulator, 'Hi')).body))).toBe('Hi');
  });
});

test('an unknown control path is a 404', async () => {
  expect((await control('nothing')).status).toBe(404);
});

test('the demo has no control endpoints, no faults by name or header, and no log', async () => {
  const demo = await startSimulator({ control: false });
  for (const path of ['log', 'script', 'counting', 'reset']) {
    const response = await fetch(`${demo.url}/__sim/${path}`, { method: 'POST', body: '["503"]' });
    expect(response.status).toBe(404);
    expect((await fetch(`${demo.url}/__sim/${path}`)).status).toBe(404);
  }
  expect((await ask(demo, 'Hi', { model: 'sim-503' })).status).toBe(404);
  const answer = await ask(demo, 'Hi', { headers: { 'x-sim': '503' } });
  expect(textOf(eventsOf(answer.body))).toBe('Hi');
  expect(demo.log()).toEqual([]);
  await demo.close();
});

test('closing the simulator ends running streams', async () => {
  const other = await startSimulator();
  const answer = askScripted(other, 'stall-forever');
  await until(() => other.log()[0]?.chunksSent === 1);
  await other.close();
  expect((await answer).broken).toBeDefined();
});
