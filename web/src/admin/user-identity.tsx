import type { User } from '@millrace/protocol';
import { formatDate } from '../format/calendar.ts';
import { pageStrings } from '../strings/en-pages.ts';
import { UserBadges } from './user-badges.tsx';

export function UserIdentity({ user, isSelf }: { user: User; isSelf: boolean }) {
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
      <p className="text-muted-foreground min-w-0 text-sm break-words">
        {user.email === null ? '' : `${user.email} · `}
        {pageStrings.admin.joined(formatDate(user.createdAt))}
      </p>
      <UserBadges user={user} isSelf={isSelf} />
    </div>
  );
}
