import { ask, jsonOf, reasonOf } from './probe.ts';
import type { Answer } from './probe.ts';
import { ok, problem, warning } from './finding.ts';
import type { Finding } from './finding.ts';

/** Beyond that, tokens and certificates may look expired, or not yet valid (ms). */
const TOLERABLE_SKEW = 5000;

interface Health {
  status: string;
  version: string;
  model: { provider: string | null; default: string; demo: boolean };
}

/** Whether a Millrace is there; nothing else is worth asking otherwise. */
export async function checkHealth(url: string): Promise<{ findings: Finding[]; isReached: boolean }> {
  const advice = 'Is the server running, and does the proxy pass every path on to it?';
  let answer: Answer;
  const sentAt = Date.now();
  try {
    answer = await ask(`${url}/health`);
  } catch (error) {
    return {
      findings: [problem('address', `${url} is out of reach: ${reasonOf(error)}`, advice)],
      isReached: false,
    };
  }
  const health = jsonOf(answer) as Partial<Health> | null;
  if (answer.status !== 200 || health?.status !== 'ok' || health.model === undefined) {
    const detail = `${url}/health answered ${answer.status}, and not as Millrace does`;
    return { findings: [problem('address', detail, advice)], isReached: false };
  }
  const reached = ok(
    'address',
    `Millrace ${health.version} at ${url}, ${Math.round(answer.milliseconds)} ms`,
  );
  const clock = checkClock(answer, sentAt);
  return { findings: [reached, modelFinding(health.model), ...clock], isReached: true };
}

function modelFinding({ provider, default: model, demo }: Health['model']): Finding {
  if (demo) return warning('served model', 'the demo model answers', 'Set GEMINI_API_KEY for Gemini.');
  return ok('served model', `${provider ?? 'none'}, ${model}`);
}

/** @param sentAt when the request went out, by our clock (ms) */
function checkClock({ headers, milliseconds }: Answer, sentAt: number): Finding[] {
  const served = Date.parse(headers.date ?? '');
  if (Number.isNaN(served)) return [];
  // The header has whole seconds.
  const skew = served + 500 - (sentAt + milliseconds / 2);
  const seconds = Math.round(Math.abs(skew) / 1000);
  if (Math.abs(skew) <= TOLERABLE_SKEW) return [ok('clock', 'the server’s is ours')];
  const detail = `the server’s is ${seconds} s ${skew > 0 ? 'ahead of' : 'behind'} ours`;
  return [warning('clock', detail, 'Let both machines keep time by NTP.')];
}

/** Whether it would answer a message. */
export async function checkReady(url: string): Promise<Finding> {
  const answer = await ask(`${url}/ready`);
  if (answer.status === 200) return ok('ready', 'database and model are there');
  const { detail = `it answered ${answer.status}` } = (jsonOf(answer) as { detail?: string } | null) ?? {};
  return problem('ready', detail, 'The log of the server says more.');
}
