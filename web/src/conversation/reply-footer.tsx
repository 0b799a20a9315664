import type { Message } from '@millrace/protocol';
import { Check, Copy, RefreshCw } from 'lucide-react';
import { useEffect, useState } from 'react';
import { IconButton } from '../shell/button.tsx';
import { strings } from '../strings/en.ts';
import { costOf } from './message-cost.ts';

interface ReplyFooterProps {
  message: Message;
  text: string;
  idle: boolean;
  onRegenerate: () => void;
}

export function ReplyFooter({ message, text, idle, onRegenerate }: ReplyFooterProps) {
  const cost = costOf(message);
  return (
    <footer className="mt-1.5 -ml-2 flex items-center">
      {text !== '' && <CopyButton text={text} />}
      <IconButton
        label={strings.conversation.regenerate}
        disabled={!idle}
        onClick={onRegenerate}
        className="disabled:opacity-40"
      >
        <RefreshCw className="size-4" />
      </IconButton>
      {cost && (
        <span
          title={cost.hint}
          className={`text-muted-foreground ml-2 text-xs tabular-nums transition-opacity group-focus-within:opacity-100 group-hover:opacity-100 ${message.cached ? '' : 'md:opacity-0'}`}
        >
          {cost.text}
        </span>
      )}
    </footer>
  );
}

function CopyButton({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);

  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);

  async function copy() {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  }

  return (
    <IconButton
      label={copied ? strings.conversation.copied : strings.conversation.copy}
      onClick={() => void copy()}
    >
      {copied ? <Check className="size-4" /> : <Copy className="size-4" />}
    </IconButton>
  );
}
