import { useState } from 'react';
import { Button } from '../shell/button.tsx';
import { strings } from '../strings/en.ts';
import { Setting } from './setting.tsx';

/** Where most models are by themselves. */
const USUAL = 1;

interface TemperatureProps {
  /** Null is the server's. */
  temperature: number | null;
  onChange: (temperature: number | null) => void;
}

/** Follows the hand, and is told once that lets go. */
export function Temperature({ temperature, onChange }: TemperatureProps) {
  const words = strings.chatSettings;
  const [moved, setMoved] = useState<number | null>(null);
  const shown = moved ?? temperature;
  const text = shown === null ? words.default : shown.toLocaleString();

  function finish() {
    if (moved !== null && moved !== temperature) onChange(moved);
    setMoved(null);
  }

  return (
    <Setting
      label={words.temperature}
      hint={words.temperatureHint}
      value={
        <span className="flex items-center gap-2 text-sm tabular-nums">
          {shown !== null && (
            <Button look="link" onClick={() => onChange(null)}>
              {words.resetToDefault}
            </Button>
          )}
          <span aria-hidden="true" className="text-muted-foreground">
            {text}
          </span>
        </span>
      }
    >
      {(ids) => (
        <input
          {...ids}
          type="range"
          min={0}
          max={2}
          step={0.1}
          value={shown ?? USUAL}
          aria-valuetext={text}
          onChange={(event) => setMoved(event.target.valueAsNumber)}
          onPointerUp={finish}
          onKeyUp={finish}
          onBlur={finish}
          className={`accent-primary h-6 w-full ${shown === null ? 'opacity-60' : ''}`}
        />
      )}
    </Setting>
  );
}
