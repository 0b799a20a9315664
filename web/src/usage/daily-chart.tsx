import type { UsageSum } from '@millrace/protocol';
import { useState } from 'react';
import { daysOfMonth, formatMonth } from '../format/calendar.ts';
import { Card } from '../shell/card.tsx';
import { pageStrings } from '../strings/en-pages.ts';
import { axisMaximum } from './axis-maximum.ts';
import { ChartAxis } from './chart-axis.tsx';
import { ChartLegend } from './chart-legend.tsx';
import { DayBar } from './day-bar.tsx';
import { figuresOf } from './day-figures.ts';

interface DailyChartProps {
  /** The days that have usage. */
  days: readonly UsageSum[];
  /** The end of the month. */
  resetsAt: string;
  /** The current time (ms since the epoch): later days have no bar. */
  askedAt: number;
  costOf: (sum: UsageSum) => string;
}

/** A phone has no arrow keys. */
function Hint() {
  const { chartHint, chartHintTouch } = pageStrings.usage;
  return (
    <>
      <span className="pointer-coarse:hidden">{chartHint}</span>
      <span className="hidden pointer-coarse:inline">{chartHintTouch}</span>
    </>
  );
}

/** A bar for every day of the month. An invisible slider lets keyboards and screen readers select a day. */
export function DailyChart({ days, resetsAt, askedAt, costOf }: DailyChartProps) {
  const { usage } = pageStrings;
  const [picked, setPicked] = useState<number | null>(null);
  const used = new Map(days.map((day) => [day.key, day]));
  const month = daysOfMonth(resetsAt);
  const top = axisMaximum(Math.max(0, ...days.map(({ tokens }) => tokens)));
  const today = new Date(askedAt).toISOString().slice(0, 10);
  const here = picked ?? Math.max(0, month.indexOf(today));
  const figures = month.map((day) => figuresOf(day, used.get(day), costOf));

  return (
    <Card
      title={usage.chart}
      aside={<span className="text-muted-foreground text-sm">{formatMonth(resetsAt)}</span>}
    >
      <p className="text-muted-foreground mb-3 min-h-10 text-sm tabular-nums sm:min-h-5">
        {picked === null ? <Hint /> : figures[picked]}
      </p>
      <ChartAxis top={top}>
        <div
          className="has-[:focus-visible]:outline-primary relative flex h-full rounded-sm has-[:focus-visible]:outline-2 has-[:focus-visible]:outline-offset-2"
          onPointerLeave={() => setPicked(null)}
        >
          <input
            type="range"
            aria-label={usage.day}
            min={1}
            max={month.length}
            value={here + 1}
            aria-valuetext={figures[here]}
            onChange={(event) => setPicked(event.target.valueAsNumber - 1)}
            onFocus={() => setPicked(here)}
            className="pointer-events-none absolute inset-0 size-full opacity-0"
          />
          {month.map((day, index) => (
            <DayBar
              key={day}
              day={day}
              sum={used.get(day)}
              top={top}
              isFuture={day > today}
              isPicked={index === picked}
              onPick={() => setPicked(index)}
            />
          ))}
        </div>
      </ChartAxis>
      <ChartLegend />
    </Card>
  );
}
