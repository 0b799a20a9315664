export function Logo({ className = '' }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className={className}>
      <rect width="32" height="32" rx="9" className="fill-primary" />
      <g fill="none" strokeWidth="2.75" strokeLinecap="round" className="stroke-primary-foreground">
        <path d="M6.500 12c3.200-3 6.300-3 9.500 0s6.300 3 9.500 0" />
        <path d="M6.500 20.500c3.200-3 6.300-3 9.500 0s6.300 3 9.500 0" opacity=".6" />
      </g>
    </svg>
  );
}
