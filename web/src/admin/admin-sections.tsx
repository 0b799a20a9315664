import { Link } from 'wouter';
import { pageStrings } from '../strings/en-pages.ts';

const SECTIONS = [
  ['/admin', 'users'],
  ['/admin/ratings', 'ratings'],
  ['/admin/audit', 'auditAndLedger'],
] as const;

interface AdminSectionsProps {
  /** The address of the section on view. */
  here: string;
  /** Whether it is a page beneath it that is. */
  isBeneath?: boolean;
}

export function AdminSections({ here, isBeneath = false }: AdminSectionsProps) {
  const current = isBeneath ? 'true' : 'page';
  return (
    <nav aria-label={pageStrings.admin.sections} className="flex gap-1 border-b">
      {SECTIONS.map(([path, name]) => (
        <Link
          key={path}
          href={path}
          aria-current={path === here ? current : undefined}
          className="text-muted-foreground hover:text-foreground aria-[current]:border-primary aria-[current]:text-foreground -mb-px rounded-t-md border-b-2 border-transparent px-3 py-2 text-sm font-medium transition-colors"
        >
          {pageStrings.admin[name]}
        </Link>
      ))}
    </nav>
  );
}
