import type { ConnectionState } from '@millrace/client';
import type { NumberedEvent } from '@millrace/protocol';

/** Shows a reply while it streams. */
export interface ReplyView {
  show(event: NumberedEvent): void;
  connectionChanged(state: ConnectionState): void;
}

/** Prints each event as a line of JSON. */
export const jsonReplyView: ReplyView = {
  show: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
  connectionChanged: () => {},
};
