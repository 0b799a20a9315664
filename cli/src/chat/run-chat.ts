import { text } from 'node:stream/consumers';
import { connect } from '../connection/connect.ts';
import type { ConnectionOptions } from '../connection/connect.ts';
import { CommandError, EXIT_CODES, usageError } from '../errors.ts';
import { Output } from '../output/output.ts';
import { Conversation } from './conversation.ts';
import type { ReadReply } from './conversation.ts';
import { InteractiveChat } from './interactive.ts';

export interface ChatOptions extends ConnectionOptions {
  chat?: string | undefined;
  model?: string | undefined;
  new?: boolean | undefined;
  resume?: boolean | undefined;
  json?: boolean | undefined;
}

/** @returns the exit code */
export async function runChat(words: readonly string[], options: ChatOptions): Promise<number> {
  const output = new Output(options);
  const question = await questionOf(words, options);
  if (question === null && options.resume !== true && output.isJson) {
    throw usageError('--json needs a message, as an argument or on stdin.');
  }
  const conversation = new Conversation(await connect(options, output), output, options);
  if (options.resume === true) {
    const code = exitCodeOf(await conversation.resume());
    if (!process.stdin.isTTY || output.isJson || code !== 0) return code;
  } else if (options.chat !== undefined) await conversation.open(options.chat);
  else if (options.new === true) conversation.startNew();
  else await conversation.openLast();
  if (question !== null) return exitCodeOf(await conversation.send(question));
  return new InteractiveChat(conversation, output).run();
}

/** Returns null when the user will type at the terminal. */
async function questionOf(words: readonly string[], { resume }: ChatOptions): Promise<string | null> {
  if (resume === true) {
    if (words.length > 0) throw usageError('--resume takes no message.');
    return null;
  }
  if (words.length === 0 && process.stdin.isTTY) return null;
  // Stdin may stay open for ever, so it is read only when there is no argument.
  const question = words.length > 0 ? words.join(' ') : await text(process.stdin);
  if (question.trim() === '') throw usageError('The message is empty.');
  return question;
}

/** @throws CommandError when the reply failed */
function exitCodeOf({ last, wasInterrupted }: ReadReply): number {
  if (last.event === 'error') throw new CommandError(last.data.code, last.data.message);
  return wasInterrupted ? EXIT_CODES.interrupted : 0;
}
