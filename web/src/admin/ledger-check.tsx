import type { Discrepancy } from '@millrace/protocol';
import { useMutation } from '@tanstack/react-query';
import { administration } from '../server/administration.ts';
import { Button } from '../shell/button.tsx';
import { Card } from '../shell/card.tsx';
import { FormOutcome } from '../shell/form-outcome.tsx';
import { pageStrings } from '../strings/en-pages.ts';

export function LedgerCheck() {
  const { admin } = pageStrings;
  const check = useMutation({ mutationFn: () => administration.checkLedger() });
  const discrepancies = check.data?.discrepancies ?? [];
  return (
    <Card title={admin.ledger}>
      <p className="text-muted-foreground mb-3 text-sm">{admin.ledgerText}</p>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <Button disabled={check.isPending} onClick={() => check.mutate()}>
          {check.isPending ? admin.checking : admin.checkLedger}
        </Button>
        <FormOutcome error={check.error} done={check.data?.balances ? admin.balances : null} />
      </div>
      {discrepancies.length > 0 && (
        <div role="alert" className="bg-danger-surface text-danger mt-3 rounded-xl px-4 py-3 text-sm">
          <p className="font-medium">{admin.discrepancies(discrepancies.length)}</p>
          <ul className="mt-1.5 list-disc pl-5 break-words">
            {discrepancies.map((discrepancy) => (
              <li key={`${discrepancy.what} ${discrepancy.userId} ${discrepancy.generationId}`}>
                {describe(discrepancy)}
              </li>
            ))}
          </ul>
        </div>
      )}
    </Card>
  );
}

function describe({ what, userId, generationId, expected, found }: Discrepancy): string {
  const { admin } = pageStrings;
  const whose = generationId === null ? admin.ofUser(userId) : admin.ofGeneration(generationId);
  const figures = admin.discrepancy(what, expected.toLocaleString(), found.toLocaleString());
  return `${figures} (${whose})`;
}
