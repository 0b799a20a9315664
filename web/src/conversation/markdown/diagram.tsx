import { useEffect, useState, useSyncExternalStore } from 'react';
import { CodeBlock, CodeBlockCopyButton } from 'streamdown';
import type { CustomRendererProps } from 'streamdown';
import { strings } from '../../strings/en.ts';
import { LazyModule } from './lazy-module.ts';

const drawing = new LazyModule(() => import('./draw-diagram.ts'));

/** A diagram, or its source while it is incomplete or if it can't be drawn. */
export function Diagram({ code, isIncomplete, language }: CustomRendererProps) {
  const address = useDrawing(code, isIncomplete);
  if (address === null)
    return (
      <CodeBlock code={code} language={language} isIncomplete={isIncomplete}>
        <CodeBlockCopyButton />
      </CodeBlock>
    );
  return (
    <figure className="bg-card my-4 overflow-x-auto rounded-lg border p-4">
      <img src={address} alt={strings.conversation.diagram} className="mx-auto max-w-full" />
      <details className="text-muted-foreground mt-3 text-xs">
        <summary>{strings.conversation.diagramSource}</summary>
        <pre className="mt-2 overflow-x-auto font-mono whitespace-pre-wrap">{code}</pre>
      </details>
    </figure>
  );
}

function useDrawing(code: string, isIncomplete: boolean): string | null {
  const renderer = useSyncExternalStore(drawing.subscribe, drawing.get, drawing.get);
  const isDark = useSyncExternalStore(onThemeChange, isThemeDark, () => false);
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    if (isIncomplete) return;
    drawing.load();
    if (!renderer) return;
    let isWanted = true;
    void renderer.drawDiagram(code, isDark).then((drawn) => isWanted && setAddress(drawn));
    return () => void (isWanted = false);
  }, [renderer, code, isIncomplete, isDark]);
  return isIncomplete ? null : address;
}

function isThemeDark(): boolean {
  return document.documentElement.dataset.theme === 'dark';
}

function onThemeChange(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return () => observer.disconnect();
}
