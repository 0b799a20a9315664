import type { ConnectionState } from '@millrace/client';
import type { NumberedEvent } from '@millrace/protocol';

/** How somebody is shown a reply while it comes. */
export interface ReplyView {
  show(event: NumberedEvent): void;
  connectionChanged(state: ConnectionState): void;
}

/** For programs: each event on a line of its own. */
export const jsonReplyView: ReplyView = {
  show: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
  connectionChanged: () => {},
};
