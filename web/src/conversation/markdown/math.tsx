import { useContext, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { CustomRendererProps } from 'streamdown';
import { IsStreaming } from './is-streaming.ts';
import { LazyModule } from './lazy-module.ts';

const tex = new LazyModule(() => import('./tex.ts'));

export function InlineMath({ tex: source }: { tex: string }) {
  const html = useMath(source, false);
  if (html === null) return <code className="font-mono text-[0.875em]">{source}</code>;
  // oxlint-disable-next-line react/no-danger -- KaTeX's own HTML, rendered with `trust: false`
  return <span dangerouslySetInnerHTML={{ __html: html }} />;
}

export function DisplayMath({ code }: CustomRendererProps) {
  const html = useMath(code, true);
  if (html === null)
    return <pre className="text-muted-foreground my-4 overflow-x-auto font-mono text-sm">{code.trim()}</pre>;
  // oxlint-disable-next-line react/no-danger -- as above
  return (
    <div className="my-4 overflow-x-auto overflow-y-hidden py-1" dangerouslySetInnerHTML={{ __html: html }} />
  );
}

/** The HTML of a formula, null until it is rendered. While the formula is streamed, its last valid state. */
function useMath(source: string, isDisplay: boolean): string | null {
  const isStreaming = useContext(IsStreaming);
  const renderer = useSyncExternalStore(tex.subscribe, tex.get, tex.get);
  const [lastValid, setLastValid] = useState<string | null>(null);
  const html = useMemo(() => renderer?.renderTex(source, isDisplay) ?? null, [renderer, source, isDisplay]);
  useEffect(() => tex.load(), []);
  if (html !== null && html !== lastValid) setLastValid(html);
  return html ?? (isStreaming ? lastValid : null);
}
