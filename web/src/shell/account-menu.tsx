import type { User } from '@millrace/protocol';
import {
  ChartColumn,
  ChevronsUpDown,
  Keyboard,
  LogOut,
  Monitor,
  Moon,
  Settings,
  ShieldCheck,
  Sun,
  UserPlus,
  UserRound,
} from 'lucide-react';
import { useLocation } from 'wouter';
import { accounts } from '../server/accounts.ts';
import { basePath } from '../server/base-path.ts';
import { strings } from '../strings/en.ts';
import { chooseTheme, THEME_CHOICES, useThemeChoice } from '../theme/theme.ts';
import { Menu, MenuChoices, MenuItem } from './menu.tsx';
import { showOverlay } from './overlay.ts';
import { reportErrors } from './report-errors.ts';
import { isAdministrator, userName } from './user.ts';

const THEME_ICONS = { light: <Sun />, dark: <Moon />, system: <Monitor /> };

interface AccountMenuProps {
  user: User;
  onNavigate: () => void;
}

export function AccountMenu({ user, onNavigate }: AccountMenuProps) {
  const [, navigate] = useLocation();
  const theme = useThemeChoice();
  const name = userName(user);

  function goTo(path: string) {
    navigate(path);
    onNavigate();
  }

  async function signOut() {
    await accounts.signOut();
    // Loading the page again clears the user's data from memory.
    window.location.assign(`${basePath}/`);
  }

  return (
    <Menu
      label={strings.shell.account(name)}
      className="hover:bg-muted flex w-full items-center gap-2.5 rounded-lg p-2 text-left text-sm transition-colors"
      trigger={
        <>
          <span
            aria-hidden="true"
            className="bg-primary text-primary-foreground grid size-7 place-content-center rounded-full"
          >
            <UserRound className="size-4" />
          </span>
          <span className="min-w-0 flex-1 truncate font-medium">{name}</span>
          <ChevronsUpDown aria-hidden="true" className="text-muted-foreground size-4" />
        </>
      }
    >
      <MenuItem icon={<ChartColumn />} onSelect={() => goTo('/usage')}>
        {strings.shell.usage}
      </MenuItem>
      <MenuItem icon={<Settings />} onSelect={() => goTo('/settings')}>
        {strings.shell.settings}
      </MenuItem>
      {isAdministrator(user) && (
        <MenuItem icon={<ShieldCheck />} onSelect={() => goTo('/admin')}>
          {strings.shell.administration}
        </MenuItem>
      )}
      <MenuChoices
        label={strings.shell.theme}
        choices={THEME_CHOICES.map((choice) => ({
          name: strings.shell.themes[choice],
          icon: THEME_ICONS[choice],
          choose: () => chooseTheme(choice),
        }))}
        chosen={strings.shell.themes[theme]}
      />
      <MenuItem icon={<Keyboard />} onSelect={() => showOverlay('shortcuts')}>
        {strings.shortcuts.title}
      </MenuItem>
      {user.kind === 'guest' && (
        <MenuItem icon={<UserPlus />} onSelect={() => goTo('/sign-up')}>
          {strings.shell.createAccount}
        </MenuItem>
      )}
      {user.kind !== 'host' && (
        <MenuItem icon={<LogOut />} onSelect={() => void reportErrors(signOut)}>
          {strings.shell.signOut}
        </MenuItem>
      )}
    </Menu>
  );
}
