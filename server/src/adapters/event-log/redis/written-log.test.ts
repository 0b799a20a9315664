import { expect, test } from 'vitest';
import { EventTail } from '../../../core/event-tail.ts';
import { WrittenLog } from './written-log.ts';

const claim = { generationId: '0VbZShiBBYJk3RQE', epoch: 0, writer: 'w' };

function newLog(isClaimed = false): WrittenLog {
  const tail = new EventTail(claim.generationId, 0, []);
  return new WrittenLog({ claim, nodeId: 'node-1', tail, isClaimed, savedTo: 0 });
}

test('a new log is claimed once, and then confirmed or not as Redis reports it', () => {
  const log = newLog();
  const states = [log.state];
  for (const step of [
    () => log.claimed(),
    () => log.restored(false),
    () => log.claimed(),
    () => log.restored(true),
  ]) {
    step();
    states.push(log.state);
  }
  expect(states).toEqual(['unclaimed', 'confirmed', 'unconfirmed', 'unconfirmed', 'confirmed']);
});

test('a released log stays released until another node takes it over', () => {
  const log = newLog(true);
  log.release();
  log.claimed();
  log.restored(true);
  expect(log.state).toBe('released');
  log.lose();
  expect(log.state).toBe('lost');
});

test('a lost log stays lost', () => {
  const log = newLog(true);
  log.lose();
  for (const step of [() => log.claimed(), () => log.restored(true), () => log.release()]) step();
  expect(log.state).toBe('lost');
});
