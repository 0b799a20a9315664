import { ChevronRight } from 'lucide-react';
import { strings } from '../strings/en.ts';
import { Thinking } from './thinking.tsx';

interface ThoughtsProps {
  text: string;
  /** Whether the model is still thinking and hasn't started its answer. */
  isThinking: boolean;
}

export function Thoughts({ text, isThinking }: ThoughtsProps) {
  return (
    <details className="text-muted-foreground mb-3 text-sm [&[open]_svg]:rotate-90">
      <summary className="inline-flex items-center gap-1.5 rounded select-none">
        {isThinking ? <Thinking /> : strings.conversation.thoughts}
        <ChevronRight aria-hidden="true" className="size-4 transition-transform" />
      </summary>
      <p className="mt-2 border-l-2 pl-4 break-words whitespace-pre-wrap">{text}</p>
    </details>
  );
}
