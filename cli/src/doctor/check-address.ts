import { ask, jsonOf, reasonOf } from './probe.ts';
import type { Answer } from './probe.ts';
import { demoFinding } from './demo-finding.ts';
import { ok, problem, warning } from './finding.ts';
import type { Finding } from './finding.ts';

/** With a larger difference of clocks, tokens and certificates may look expired or not yet valid. */
const MAX_SKEW_MS = 5000;

interface Health {
  status: string;
  version: string;
  model: { provider: string | null; default: string; demo: boolean };
}

/** Checks that a Millrace server answers. Without one, the remaining checks are skipped. */
export async function checkHealth(url: string): Promise<{ findings: Finding[]; isReached: boolean }> {
  const advice = 'Check that the server is running, and that the proxy forwards every path to it.';
  let answer: Answer;
  const sentAt = Date.now();
  try {
    answer = await ask(`${url}/health`);
  } catch (error) {
    return {
      findings: [problem('address', `${url} can’t be reached: ${reasonOf(error)}`, advice)],
      isReached: false,
    };
  }
  const health = jsonOf(answer) as Partial<Health> | null;
  if (answer.status !== 200 || health?.status !== 'ok' || health.model === undefined) {
    const detail = `${url}/health answered ${answer.status}, and not in the format of Millrace`;
    return { findings: [problem('address', detail, advice)], isReached: false };
  }
  const reached = ok('address', `Millrace ${health.version} at ${url}, ${Math.round(answer.roundTripMs)} ms`);
  const clock = checkClock(answer, sentAt);
  return { findings: [reached, modelFinding(health.model), ...clock], isReached: true };
}

function modelFinding({ provider, default: model, demo }: Health['model']): Finding {
  if (demo) return demoFinding('served model', provider ?? 'none');
  return ok('served model', `${provider ?? 'none'}, ${model}`);
}

/** @param sentAt when the request was sent, by this machine's clock (ms since 1970) */
function checkClock({ headers, roundTripMs }: Answer, sentAt: number): Finding[] {
  const served = Date.parse(headers.date ?? '');
  if (Number.isNaN(served)) return [];
  // The header has whole seconds, so half a second is added.
  const skew = served + 500 - (sentAt + roundTripMs / 2);
  const seconds = Math.round(Math.abs(skew) / 1000);
  if (Math.abs(skew) <= MAX_SKEW_MS) return [ok('clock', 'the server’s clock agrees with this machine’s')];
  const detail = `the server’s clock is ${seconds} s ${skew > 0 ? 'ahead of' : 'behind'} this machine’s`;
  return [warning('clock', detail, 'Synchronize both machines with NTP.')];
}

/** Checks whether the server is ready for messages. */
export async function checkReady(url: string): Promise<Finding> {
  const answer = await ask(`${url}/ready`);
  if (answer.status === 200) return ok('ready', 'the database and the model are available');
  const { detail = `/ready answered ${answer.status}` } =
    (jsonOf(answer) as { detail?: string } | null) ?? {};
  return problem('ready', detail, 'See the log of the server.');
}
