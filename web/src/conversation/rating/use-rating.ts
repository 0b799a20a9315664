import type { Message, Rating } from '@millrace/protocol';
import { useRef, useState } from 'react';
import { ratings } from '../../server/ratings.ts';

interface PendingRating {
  rating: Rating | null;
  /** The message's rating before. Once the message has another one, the server has answered. */
  replaces: Rating | null;
}

/** The rating of a reply. A new rating is shown immediately, and until the message arrives with it. */
export function useRating({ id, rating }: Message) {
  const [pending, setPending] = useState<PendingRating | null>(null);
  const [error, setError] = useState<unknown>(null);

  /** Requests are sent one after the other, so that the last one wins. */
  const lastRequest = useRef<Promise<void>>(Promise.resolve());

  function rate(newRating: Rating | null): void {
    setPending({ rating: newRating, replaces: rating });
    setError(null);
    lastRequest.current = lastRequest.current.then(() => submit(newRating));
  }

  async function submit(newRating: Rating | null): Promise<void> {
    try {
      if (newRating) await ratings.rate(id, newRating.rating, newRating.note);
      else await ratings.remove(id);
    } catch (cause) {
      setPending(null);
      setError(cause);
    }
  }

  return { rating: pending?.replaces === rating ? pending.rating : rating, error, rate };
}
