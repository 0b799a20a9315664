import type { Message, Rating } from '@millrace/protocol';
import { useRef, useState } from 'react';
import { ratings } from '../../server/ratings.ts';

interface Wish {
  rating: Rating | null;
  /** What the message had when it was made: once it has another, that is the truth. */
  inPlaceOf: Rating | null;
}

/** What one thinks of a reply: shown at once, and told to the server, from which the message gets it. */
export function useRating({ id, rating }: Message) {
  const [wish, setWish] = useState<Wish | null>(null);
  const [error, setError] = useState<unknown>(null);

  /** One after the other, so that the last one stands. */
  const before = useRef<Promise<void>>(Promise.resolve());

  function rate(wanted: Rating | null): void {
    setWish({ rating: wanted, inPlaceOf: rating });
    setError(null);
    before.current = before.current.then(() => tell(wanted));
  }

  async function tell(wanted: Rating | null): Promise<void> {
    try {
      if (wanted) await ratings.rate(id, wanted.rating, wanted.note);
      else await ratings.takeBack(id);
    } catch (cause) {
      setWish(null);
      setError(cause);
    }
  }

  return { rating: wish?.inPlaceOf === rating ? wish.rating : rating, error, rate };
}
