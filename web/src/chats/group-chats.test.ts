import type { Chat } from '@millrace/protocol';
import { describe, expect, test } from 'vitest';
import { groupChats } from './group-chats.ts';

const NOW = new Date(2026, 10, 21, 0, 30);

function chat(id: string, updatedAt: Date, pinned = false): Chat {
  const at = updatedAt.toISOString();
  return { id, title: id, pinned, archived: false, settings: {}, createdAt: at, updatedAt: at };
}

describe('the groups of chats', () => {
  test('are pinned, today, this week and earlier, by days in the user’s time zone', () => {
    const chats = [
      chat('just now', new Date(2026, 10, 21, 0, 10)),
      chat('last evening', new Date(2026, 10, 20, 23, 50)),
      chat('six days ago', new Date(2026, 10, 15, 0, 0)),
      chat('pinned', new Date(2025, 0, 1), true),
      chat('a week ago', new Date(2026, 10, 14, 23, 59)),
    ];
    const groups = groupChats(chats, NOW).map(([group, members]) => [group, members.map(({ id }) => id)]);
    expect(groups).toEqual([
      ['pinned', ['pinned']],
      ['today', ['just now']],
      ['week', ['last evening', 'six days ago']],
      ['earlier', ['a week ago']],
    ]);
  });

  test('without chats are left out', () => {
    expect(groupChats([chat('old', new Date(2020, 0, 1))], NOW).map(([group]) => group)).toEqual(['earlier']);
    expect(groupChats([], NOW)).toEqual([]);
  });
});
