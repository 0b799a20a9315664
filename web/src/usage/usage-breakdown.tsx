import type { ChatUsageSum, UsageReport } from '@millrace/protocol';
import { formatShortDay } from '../format/calendar.ts';
import { Card } from '../shell/card.tsx';
import { strings } from '../strings/en.ts';
import { pageStrings } from '../strings/en-pages.ts';
import { ChatName } from './chat-name.tsx';
import { DailyChart } from './daily-chart.tsx';
import type { Pricing } from './pricing.ts';
import { UsageTable } from './usage-table.tsx';

interface UsageBreakdownProps {
  report: UsageReport;
  pricing: Pricing;
  /** When the report was requested (ms since the epoch). */
  askedAt: number;
  /** False on another user's page: their chats stay private. */
  withChats?: boolean;
}

/** A month's usage as a chart and as tables by day, model and chat. */
export function UsageBreakdown({ report, pricing, askedAt, withChats = true }: UsageBreakdownProps) {
  const { budget, days, models, chats } = report;
  const { usage } = pageStrings;
  const total = budget.used;
  const byTokens = <Sum extends { tokens: number }>(sums: Sum[]) =>
    sums.toSorted((one, other) => other.tokens - one.tokens);

  return (
    <>
      <DailyChart days={days} resetsAt={budget.resetsAt} askedAt={askedAt} costOf={pricing.cost} />
      {days.length === 0 ? (
        <p className="text-muted-foreground py-4 text-center text-sm">{usage.none}</p>
      ) : (
        <>
          <Card title={usage.byDay}>
            <UsageTable
              what={usage.day}
              sums={days.toReversed()}
              total={total}
              nameOf={({ key }) => formatShortDay(key)}
              costOf={pricing.cost}
            />
          </Card>
          <Card title={usage.byModel}>
            <UsageTable
              what={strings.labels.model}
              sums={byTokens(models)}
              total={total}
              nameOf={({ key }) => pricing.modelName(key)}
              costOf={pricing.modelCost}
            />
          </Card>
          {withChats && (
            <Card title={usage.byChat}>
              <UsageTable
                what={usage.chat}
                sums={byTokens(chats)}
                total={total}
                nameOf={nameOfChat}
                costOf={pricing.cost}
              />
            </Card>
          )}
        </>
      )}
    </>
  );
}

function nameOfChat(chat: ChatUsageSum) {
  return <ChatName chat={chat} />;
}
