import type { SettingType } from './setting-types.ts';

/** The one definition of a setting. The type `Config`, docs/settings.md and `millrace serve --help` come from it. */
export interface Setting<Value, AppName extends string = string> extends SettingType<Value> {
  /** The default as it would be written in the environment. Null: the value of an unset setting is null. */
  readonly default: string | null;
  /** For docs/settings.md: Markdown, whole sentences. */
  readonly description: string;
  /** The name under which the app gets the value, in `limits` of `GET /api/models`. Absent: the app doesn't get it. */
  readonly appName?: AppName;
}

interface Definition<Value, AppName extends string> {
  type: SettingType<Value>;
  description: string;
  appName?: AppName;
}

export function setting<Value, AppName extends string = never>(
  definition: Definition<Value, AppName> & { default: string },
): Setting<Value, AppName>;
export function setting<Value, AppName extends string = never>(
  definition: Definition<Value, AppName>,
): Setting<Value | null, AppName>;
export function setting<Value, AppName extends string>({
  type,
  default: text = null,
  ...rest
}: Definition<Value, AppName> & { default?: string | null }): Setting<Value | null, AppName> {
  return { ...type, ...rest, default: text };
}
