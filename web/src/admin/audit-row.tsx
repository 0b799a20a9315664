import type { AuditEntry } from '@millrace/protocol';
import { Link } from 'wouter';
import { formatInstant } from '../format/calendar.ts';
import { pageStrings } from '../strings/en-pages.ts';
import { auditActionText } from './audit-action-text.ts';

/** One entry of the audit log: actor, action, affected user and time. */
export function AuditRow({ entry }: { entry: AuditEntry }) {
  const { admin } = pageStrings;
  const { actorId, actorName, subjectId, subjectName, details } = entry;
  const actor = actorId === null ? admin.theServer : (actorName ?? admin.deletedUser(actorId));
  const note = typeof details['note'] === 'string' ? details['note'] : '';
  return (
    <li className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-0.5 py-2.5 text-sm sm:flex-nowrap">
      <div className="min-w-0 break-words">
        {subjectName === null ? (
          <span className="font-medium">{admin.deletedUser(subjectId)}</span>
        ) : (
          <Link
            href={`/admin/users/${subjectId}`}
            className="text-primary font-medium underline-offset-4 hover:underline"
          >
            {subjectName}
          </Link>
        )}
        {` · ${auditActionText(entry)}`}
        {note !== '' && <p className="text-muted-foreground">{pageStrings.admin.quoted(note)}</p>}
      </div>
      <p className="text-muted-foreground shrink-0 text-xs">
        {admin.by(actor)} · <time dateTime={entry.createdAt}>{formatInstant(entry.createdAt)}</time>
      </p>
    </li>
  );
}
