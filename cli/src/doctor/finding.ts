/** The result of one check. */
export interface Finding {
  check: string;
  status: 'ok' | 'warning' | 'problem';
  detail: string;
  /** What to do next. */
  advice?: string;
}

export function ok(check: string, detail: string): Finding {
  return { check, status: 'ok', detail };
}

export function warning(check: string, detail: string, advice: string): Finding {
  return { check, status: 'warning', detail, advice };
}

export function problem(check: string, detail: string, advice: string): Finding {
  return { check, status: 'problem', detail, advice };
}
