import type { Me } from '@millrace/protocol';
import { Card } from '../shell/card.tsx';
import { Page } from '../shell/page.tsx';
import { isAdministrator, userName } from '../shell/user.ts';
import { ImportChat } from '../sharing/import-chat.tsx';
import { SharedLinks } from '../sharing/shared-links.tsx';
import { strings } from '../strings/en.ts';
import { pageStrings } from '../strings/en-pages.ts';
import { ApiKeys } from './api-keys.tsx';
import { MonthlyCapForm } from './monthly-cap-form.tsx';
import { ThemeChoices } from './theme-choices.tsx';

export function SettingsPage({ me: { user, budget } }: { me: Me }) {
  const { settings } = pageStrings;
  const kind = pageStrings.accountTypes[user.kind];
  const facts = [
    [strings.labels.name, userName(user)],
    [strings.labels.email, user.email ?? strings.labels.none],
    [settings.accountType, isAdministrator(user) ? `${kind} · ${pageStrings.administrator}` : kind],
  ];
  return (
    <Page title={strings.shell.settings}>
      <Card title={settings.account}>
        <dl className="grid gap-3 text-sm sm:grid-cols-3">
          {facts.map(([term, value]) => (
            <div key={term} className="min-w-0">
              <dt className="text-muted-foreground text-xs">{term}</dt>
              <dd className="break-words">{value}</dd>
            </div>
          ))}
        </dl>
      </Card>
      <Card title={pageStrings.usage.cap}>
        <MonthlyCapForm cap={budget.cap} />
      </Card>
      {user.kind !== 'guest' && (
        <Card title={pageStrings.keys.title}>
          <ApiKeys />
        </Card>
      )}
      <Card title={strings.sharing.import.title}>
        <ImportChat />
      </Card>
      <Card title={strings.sharing.allLinks}>
        <SharedLinks />
      </Card>
      <Card title={strings.shell.theme}>
        <ThemeChoices />
      </Card>
    </Page>
  );
}
