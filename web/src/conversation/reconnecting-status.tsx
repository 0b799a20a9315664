import { useEffect, useState } from 'react';
import { strings } from '../strings/en.ts';

/** A connection that is back sooner than this was never worth a word. */
const WORTH_SAYING_MS = 1000;

/** Says that the connection is lost once it has been for a moment. */
export function ReconnectingStatus({ lost }: { lost: boolean }) {
  return (
    // Always rendered: screen readers announce only changes inside an existing element.
    <output className="block text-muted-foreground text-center text-sm">
      {lost && <SaidAfterAMoment text={strings.conversation.reconnecting} />}
    </output>
  );
}

function SaidAfterAMoment({ text }: { text: string }) {
  const [said, setSaid] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSaid(true), WORTH_SAYING_MS);
    return () => clearTimeout(timer);
  }, []);
  return said && <p className="pb-2">{text}</p>;
}
