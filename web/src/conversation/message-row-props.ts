import type { DisplayedMessage } from './join-continuations.ts';
import type { MessageActions } from './message-actions.ts';

/** The properties of every kind of row. */
export interface MessageRowProps {
  shown: DisplayedMessage;
  /** Whether no reply is running, so that another one can be requested. */
  isIdle: boolean;
  /** The ids of all versions, oldest first; undefined if there is only one. */
  versions: readonly string[] | undefined;
  actions: MessageActions;
}
