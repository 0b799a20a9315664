/** All settings, in the groups of docs/settings.md. Add a setting to the file of its group, and use its value where it is needed. */
import type { Setting } from '../setting.ts';
import { accounts } from './accounts.ts';
import { limits } from './limits.ts';
import { model } from './model.ts';
import { replies } from './replies.ts';
import { server } from './server.ts';
import { storage } from './storage.ts';

export interface SettingGroup {
  title: string;
  settings: Readonly<Record<string, Setting<unknown>>>;
}

export const SETTING_GROUPS: readonly SettingGroup[] = [
  { title: 'Server', settings: server },
  { title: 'Storage', settings: storage },
  { title: 'Model', settings: model },
  { title: 'Replies', settings: replies },
  { title: 'Accounts', settings: accounts },
  { title: 'Limits and budgets', settings: limits },
];

export const SETTINGS = { ...server, ...storage, ...model, ...replies, ...accounts, ...limits };
