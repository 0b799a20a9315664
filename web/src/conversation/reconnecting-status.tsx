import { useEffect, useState } from 'react';
import { strings } from '../strings/en.ts';

/** A connection that is back sooner isn't reported as lost. */
const RECONNECTING_DELAY_MS = 1000;

/** Says that the app is reconnecting, once the connection has been lost for a moment. */
export function ReconnectingStatus({ isLost }: { isLost: boolean }) {
  return (
    // Always rendered: screen readers announce only changes inside an existing element.
    <output className="block text-muted-foreground text-center text-sm">
      {isLost && <DelayedText text={strings.conversation.reconnecting} />}
    </output>
  );
}

function DelayedText({ text }: { text: string }) {
  const [isShown, setIsShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setIsShown(true), RECONNECTING_DELAY_MS);
    return () => clearTimeout(timer);
  }, []);
  return isShown && <p className="pb-2">{text}</p>;
}
