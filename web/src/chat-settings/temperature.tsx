import { useState } from 'react';
import { Button } from '../shell/button.tsx';
import { strings } from '../strings/en.ts';
import { Setting } from './setting.tsx';

/** The default of most models, shown until a temperature is chosen. */
const USUAL_TEMPERATURE = 1;

interface TemperatureProps {
  /** Null is the server's default. */
  temperature: number | null;
  onChange: (temperature: number | null) => void;
}

/** A slider that saves its value once it is released. */
export function Temperature({ temperature, onChange }: TemperatureProps) {
  const words = strings.chatSettings;
  const [dragged, setDragged] = useState<number | null>(null);
  const shown = dragged ?? temperature;
  const text = shown === null ? words.default : shown.toLocaleString();

  function commit() {
    if (dragged !== null && dragged !== temperature) onChange(dragged);
    setDragged(null);
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
          value={shown ?? USUAL_TEMPERATURE}
          aria-valuetext={text}
          onChange={(event) => setDragged(event.target.valueAsNumber)}
          onPointerUp={commit}
          onKeyUp={commit}
          onBlur={commit}
          className={`accent-primary h-6 w-full ${shown === null ? 'opacity-60' : ''}`}
        />
      )}
    </Setting>
  );
}
