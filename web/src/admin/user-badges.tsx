import type { User } from '@millrace/protocol';
import { isAdministrator } from '../shell/user.ts';
import { strings } from '../strings/en.ts';
import { pageStrings } from '../strings/en-pages.ts';

/** @param isSelf whether this is the signed-in user */
export function UserBadges({ user, isSelf }: { user: User; isSelf: boolean }) {
  const badges = [
    pageStrings.accountTypes[user.kind],
    ...(isAdministrator(user) ? [pageStrings.administrator] : []),
    ...(isSelf ? [strings.labels.you] : []),
  ];
  return (
    <span className="flex flex-wrap gap-1">
      {badges.map((badge) => (
        <span key={badge} className="bg-muted text-muted-foreground rounded-full px-2 py-0.5 text-xs">
          {badge}
        </span>
      ))}
    </span>
  );
}
