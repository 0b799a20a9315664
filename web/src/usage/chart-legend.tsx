import { pageStrings } from '../strings/en-pages.ts';

export function ChartLegend() {
  return (
    <ul className="text-muted-foreground mt-9 flex flex-wrap gap-x-5 gap-y-1 text-xs">
      <li className="flex items-center gap-2">
        <span aria-hidden="true" className="bg-primary size-3 rounded-xs" />
        {pageStrings.usage.exact}
      </li>
      <li className="flex items-center gap-2">
        <span aria-hidden="true" className="hatched size-3 rounded-xs" />
        {pageStrings.usage.estimated}
      </li>
    </ul>
  );
}
