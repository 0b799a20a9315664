import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { strings } from '../strings/en.ts';
import { IconButton } from './button.tsx';
import { copyText } from './copy-text.ts';
import { reportErrors } from './report-errors.ts';

/** @param label the button's name until it has copied */
export function CopyButton({ text, label = strings.actions.copy }: { text: string; label?: string }) {
  const [isCopied, setIsCopied] = useState(false);

  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setIsCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [isCopied]);

  async function copy() {
    await copyText(text);
    setIsCopied(true);
  }

  return (
    <IconButton label={isCopied ? strings.status.copied : label} onClick={() => void reportErrors(copy)}>
      {isCopied ? <Check className="size-4" /> : <Copy className="size-4" />}
    </IconButton>
  );
}
