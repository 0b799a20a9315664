import { encodeData, isTerminal } from '@millrace/protocol';
import type { ChatEvent } from '@millrace/protocol';
import { PRIVATE_ONLY } from '../../core/event-tail.ts';
import type { LogRecord } from '../../core/event-tail.ts';

export function toRecord(event: ChatEvent | null, privateData?: object): LogRecord {
  const name = event === null ? PRIVATE_ONLY : event.event;
  const data = event === null ? '{}' : encodeData(event);
  return privateData === undefined ? { name, data } : { name, data, private: JSON.stringify(privateData) };
}

/** Whether a record ends its log. */
export function isTerminalRecord(record: LogRecord | undefined): boolean {
  return record !== undefined && record.name !== PRIVATE_ONLY && isTerminal(record.name);
}
