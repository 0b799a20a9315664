import { strings } from '../strings/en.ts';
import { pageStrings } from '../strings/en-pages.ts';
import { chooseTheme, THEME_CHOICES, useThemeChoice } from '../theme/theme.ts';

export function ThemeChoices() {
  const theme = useThemeChoice();
  return (
    <fieldset>
      <legend className="text-muted-foreground mb-3 text-sm">{pageStrings.settings.themeText}</legend>
      <div className="flex flex-wrap gap-2">
        {THEME_CHOICES.map((choice) => (
          <label
            key={choice}
            className="hover:bg-muted has-checked:border-primary has-[:focus-visible]:outline-primary flex cursor-pointer items-center gap-2 rounded-lg border px-4 py-2 text-sm transition-colors has-[:focus-visible]:outline-2 has-[:focus-visible]:outline-offset-2"
          >
            <input
              type="radio"
              name="theme"
              checked={choice === theme}
              onChange={() => chooseTheme(choice)}
              className="accent-primary outline-none"
            />
            {strings.shell.themes[choice]}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
