import { Link } from 'wouter';
import { pageStrings } from '../strings/en-pages.ts';

const SECTIONS = [
  ['/admin', 'users'],
  ['/admin/ratings', 'ratings'],
  ['/admin/audit', 'auditAndLedger'],
] as const;

interface AdminSectionsProps {
  /** The address of the current section. */
  current: string;
  /** Whether the current page is below that section. */
  isSubpage?: boolean;
}

export function AdminSections({ current, isSubpage = false }: AdminSectionsProps) {
  const ariaCurrent = isSubpage ? 'true' : 'page';
  return (
    <nav aria-label={pageStrings.admin.sections} className="flex gap-1 border-b">
      {SECTIONS.map(([path, name]) => (
        <Link
          key={path}
          href={path}
          aria-current={path === current ? ariaCurrent : undefined}
          className="text-muted-foreground hover:text-foreground aria-[current]:border-primary aria-[current]:text-foreground -mb-px rounded-t-md border-b-2 border-transparent px-3 py-2 text-sm font-medium transition-colors"
        >
          {pageStrings.admin[name]}
        </Link>
      ))}
    </nav>
  );
}
