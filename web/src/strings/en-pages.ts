import { adminStrings } from './en-admin.ts';
import { settingsStrings } from './en-settings.ts';
import { usageStrings } from './en-usage.ts';

/** The text of usage, settings and administration. It loads with those pages, so that the chat doesn't wait for it. */
export const pageStrings = { ...settingsStrings, admin: adminStrings, usage: usageStrings };
