import { isDeepStrictEqual } from 'node:util';
import { textOf } from './settled-state.ts';
import type { Part, SettledReply } from './settled-state.ts';
import type { Report, Violation } from './violation.ts';

/** Part of the instruction with which the server asks a model to continue a reply. */
const GO_ON = 'Continue exactly where it stopped';

/** Checks each reply by the database alone: laws 2, 4 and 6. */
export function checkReply(reply: SettledReply): Violation[] {
  const violations: Violation[] = [];
  const report: Report = (kind, detail) => violations.push({ kind, generationId: reply.id, detail });
  // Pruned events are compared with what readers saw of them.
  if (!reply.isPruned) {
    checkLog(reply, report);
    checkEnding(reply, report);
    checkText(reply, report);
  }
  checkQuote(reply, report);
  checkContinuation(reply, report);
  checkLedger(reply, report);
  if (reply.errorCode === 'internal') report('defect', 'the reply failed with an internal error');
  return violations;
}

export function isTerminal(name: string): boolean {
  return name === 'done' || name === 'error';
}

/** The `text` fields of events of one name, joined. */
export function joinTexts(
  events: readonly { name: string; data: string }[],
  name: 'delta' | 'thought',
): string {
  return events
    .filter((event) => event.name === name)
    .map((event) => (JSON.parse(event.data) as { text: string }).text)
    .join('');
}

function checkLog({ events }: SettledReply, report: Report): void {
  const sequences = events.map(({ sequence }) => sequence);
  if (sequences.some((sequence, index) => sequence !== index + 1)) {
    report('hole-in-log', `the log has ${sequences.join(' ')}`);
  }
}

function checkEnding({ status, events, lastSequence, parts }: SettledReply, report: Report): void {
  if (status === 'running') report('still-running', 'it has not ended');
  const terminals = events.filter(({ name }) => isTerminal(name));
  const [terminal] = terminals;
  if (terminal === undefined) return report('no-terminal', `its last event is ${events.at(-1)?.name}`);
  if (terminals.length > 1 || terminal !== events.at(-1)) {
    return report(
      'several-terminals',
      `its log ends ${events
        .slice(-3)
        .map(({ name }) => name)
        .join(' ')}`,
    );
  }
  const reported = reportedBy(terminal);
  if (reported.status !== status || lastSequence !== terminal.sequence) {
    report(
      'status-contradicted',
      `it is ${status} and ends at ${lastSequence}; its log says ${reported.status} at ${terminal.sequence}`,
    );
  }
  if (!isDeepStrictEqual(reported.parts, parts)) {
    report('text-not-stored', `the terminal event differs from the stored message`);
  }
}

/** The status and the parts in a terminal event. */
export function reportedBy({ name, data }: { name: string; data: string }): {
  status: string;
  parts: Part[];
} {
  const { status, message, partial } = JSON.parse(data) as {
    status: string;
    message: { parts: Part[] };
    partial: { parts: Part[] };
  };
  return { status, parts: name === 'done' ? message.parts : partial.parts };
}

function checkText({ events, parts }: SettledReply, report: Report): void {
  for (const [name, type] of [
    ['delta', 'text'],
    ['thought', 'thought'],
  ] as const) {
    const logged = joinTexts(events, name);
    const stored = textOf(parts, type);
    if (logged !== stored)
      report(
        'message-is-not-the-log',
        `${type}: ${stored.length} characters are stored, ${logged.length} logged`,
      );
  }
}

/** The simulator echoes the question. Questions whose reply is empty are joined with the next one. */
function checkQuote(reply: SettledReply, report: Report): void {
  const { status, finishReason, isPruned, events, parts, question, continues } = reply;
  if (status !== 'completed' || finishReason !== 'stop') return;
  const said = isPruned ? textOf(parts, 'text') : joinTexts(events, 'delta');
  const isQuote = continues === null ? said.endsWith(question) : said.includes(GO_ON);
  if (!isQuote) report('model-misquoted', `a completed reply doesn't say what the model said`);
}

/** A continuation is a child of the reply that it continues, which isn't empty. */
function checkContinuation({ continues, parentId, question }: SettledReply, report: Report): void {
  if (continues === null) return;
  if (continues !== parentId) report('continues-nothing', `it stands under ${parentId}, not ${continues}`);
  else if (question === '') report('continues-nothing', 'the reply it continues is empty');
}

function checkLedger({ ledger, userId, tokensUsed, status }: SettledReply, report: Report): void {
  const tokensOf = (kind: string) =>
    ledger.filter((entry) => entry.kind === kind).map(({ tokens }) => tokens);
  const [reservations, releases, charges] = [
    tokensOf('reservation'),
    tokensOf('release'),
    tokensOf('charge'),
  ];
  const [reserved = 0] = reservations;
  const [charged = 0] = charges;
  if (reservations.length !== 1) return report('reservation-missing', `${reservations.length} reservations`);
  if (releases.length === 0) report('reservation-open', `${reserved} tokens are held for ever`);
  else if (releases.length > 1 || releases[0] !== reserved) {
    report('release-differs', `${reserved} reserved, ${releases.join(' + ')} released`);
  }
  if (charges.length > 1 || charged > reserved) {
    report('charge-beyond-reservation', `${charges.join(' + ')} of ${reserved}`);
  }
  const isOneAccount = ledger.every((entry) => entry.userId === userId && entry.period === ledger[0]?.period);
  if (!isOneAccount || (status !== 'running' && (tokensUsed ?? 0) !== charged)) {
    report('charge-contradicted', `${charged} charged, ${tokensUsed} said`);
  }
}
