import type { Config } from './config.ts';
import type { Setting } from './setting.ts';
import { SETTINGS } from './settings/index.ts';

type Definitions = typeof SETTINGS;

/** The settings that the app gets, by the names under which it gets them. */
export type AppSettings = {
  readonly [
    Name in keyof Definitions as Definitions[Name] extends Setting<unknown, infer AppName> ? AppName : never
  ]: Config[Name];
};

export function appSettingsOf(config: Config): AppSettings {
  const entries = Object.entries<Setting<unknown>>(SETTINGS).flatMap(([name, { appName }]) =>
    appName === undefined ? [] : [[appName, config[name as keyof Config]]],
  );
  return Object.fromEntries(entries) as AppSettings;
}
