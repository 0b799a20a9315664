import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { strings } from '../strings/en.ts';
import { IconButton } from './button.tsx';
import { copyText } from './copy-text.ts';

/** @param label the button's name until it has copied */
export function CopyButton({ text, label = strings.actions.copy }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);

  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);

  async function copy() {
    await copyText(text);
    setCopied(true);
  }

  return (
    <IconButton label={copied ? strings.status.copied : label} onClick={() => void copy()}>
      {copied ? <Check className="size-4" /> : <Copy className="size-4" />}
    </IconButton>
  );
}
