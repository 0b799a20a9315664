import { useQuery } from '@tanstack/react-query';
import { LoadState } from '../shell/load-state.tsx';
import { pageStrings } from '../strings/en-pages.ts';
import { KeyRow } from './key-row.tsx';
import { keysQuery } from './keys-query.ts';
import { NewKeyForm } from './new-key-form.tsx';

export function ApiKeys() {
  const { keys } = pageStrings;
  const { data, error, refetch } = useQuery(keysQuery);
  return (
    <div className="grid gap-4">
      <p className="text-muted-foreground text-sm">{keys.text}</p>
      {data === undefined ? (
        <LoadState error={error} onRetry={() => void refetch()} />
      ) : (
        data.length > 0 && (
          <ul className="divide-y">
            {data.map((key) => (
              <KeyRow key={key.id} apiKey={key} />
            ))}
          </ul>
        )
      )}
      <NewKeyForm />
    </div>
  );
}
