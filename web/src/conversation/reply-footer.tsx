import type { Message } from '@millrace/protocol';
import { Check, Copy, RefreshCw } from 'lucide-react';
import { useEffect, useState } from 'react';
import { IconButton } from '../shell/button.tsx';
import { strings } from '../strings/en.ts';

interface ReplyFooterProps {
  message: Message;
  text: string;
  idle: boolean;
  onRegenerate: () => void;
}

export function ReplyFooter({ message, text, idle, onRegenerate }: ReplyFooterProps) {
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
      {message.tokensUsed !== null && (
        <span className="text-muted-foreground ml-2 text-xs tabular-nums transition-opacity group-focus-within:opacity-100 group-hover:opacity-100 md:opacity-0">
          {tokens(message.tokensUsed, message.counted === 'estimated')}
        </span>
      )}
    </footer>
  );
}

function tokens(count: number, estimated: boolean): string {
  const { tokens, tokensEstimated } = strings.conversation;
  return (estimated ? tokensEstimated : tokens)(count.toLocaleString());
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
