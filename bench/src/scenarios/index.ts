import type { Scenario } from '../scenario.ts';
import { adapter } from './adapter.ts';
import { counting } from './counting.ts';
import { chatApp } from './chat-app.ts';
import { cluster } from './cluster.ts';
import { coldStart } from './cold-start.ts';
import { durability } from './durability.ts';
import { fanOut } from './fan-out.ts';
import { history } from './history.ts';
import { idle } from './idle.ts';
import { memory } from './memory.ts';
import { relay } from './relay.ts';
import { resume } from './resume.ts';
import { saturation } from './saturation.ts';
import { stalled } from './stalled.ts';
import { start } from './start.ts';

/** In the order in which they run. */
export const SCENARIOS: Record<string, Scenario | undefined> = {
  relay,
  saturation,
  'fan-out': fanOut,
  idle,
  stalled,
  resume,
  start,
  counting,
  durability,
  history,
  adapter,
  'cold-start': coldStart,
  'chat-app': chatApp,
  cluster,
  memory,
};
