import type { Chat } from '@millrace/protocol';
import { describeError, EXIT_CODES } from '../errors.ts';
import { styled } from '../output/output.ts';
import type { Output } from '../output/output.ts';
import { plainText } from '../output/plain-text.ts';
import { cell, table } from '../output/table.ts';
import { writeError } from '../output/write-error.ts';
import { askLine } from './ask-line.ts';
import type { Conversation } from './conversation.ts';
import { textOf } from './text-reply-view.ts';

const HELP = table([
  ['/new', 'begin another chat'],
  ['/chats', 'list the chats'],
  ['/open n', 'go on with one of them'],
  ['/regenerate', 'ask for another reply to the last question'],
  ['/stop', 'stop what runs in this chat, also where another began it'],
  ['/quit', 'leave; so do Ctrl+D and Ctrl+C'],
  ['', 'Ctrl+C while a reply runs stops it. Anything else is a message.'],
]);
/** How many chats are listed. */
const LISTED = 20;

/** Questions and replies in turn, until somebody leaves. */
export class InteractiveChat {
  readonly #conversation: Conversation;
  readonly #output: Output;
  readonly #history: string[] = [];
  #listed: Chat[] = [];

  constructor(conversation: Conversation, output: Output) {
    this.#conversation = conversation;
    this.#output = output;
  }

  /** @returns the exit code */
  async run(): Promise<number> {
    this.#output.note(`${this.#title()}. /help tells what else there is.`);
    for (;;) {
      const answer = await askLine('> ', this.#history);
      if (answer === 'interrupted') {
        process.stdout.write('\n');
        return EXIT_CODES.interrupted;
      }
      if (answer === 'left' || answer.text.trim() === '/quit') return 0;
      try {
        await this.#heed(answer.text.trim());
      } catch (error) {
        // Told, and asked on: the next question may go well.
        writeError(describeError(error), { isJson: false });
      }
    }
  }

  async #heed(text: string): Promise<void> {
    if (text === '') return;
    const [, name, argument = ''] = /^\/(\w+)(?:\s+(.*))?$/.exec(text) ?? [];
    switch (name) {
      case undefined:
        return this.#told(await this.#conversation.send(text));
      case 'new':
        this.#conversation.begin();
        return this.#output.note('The next message begins another chat.');
      case 'chats':
        return this.#list();
      case 'open':
        return this.#open(argument);
      case 'regenerate':
        return this.#told(await this.#conversation.regenerate());
      case 'stop': {
        const stopped = await this.#conversation.stopRunning();
        return this.#output.note(stopped === 0 ? 'Nothing runs in this chat.' : 'Stopped.');
      }
      case 'help':
        process.stdout.write(HELP);
        return;
      default:
        this.#output.note(`There is no /${name}. /help lists what there is.`);
    }
  }

  #told({ last }: Awaited<ReturnType<Conversation['send']>>): void {
    if (last.event !== 'error') return;
    const { code, message } = last.data;
    writeError({ code, message, exitCode: EXIT_CODES.failure }, { isJson: false });
  }

  async #list(): Promise<void> {
    const { items } = await this.#conversation.client.listChats({ limit: LISTED });
    this.#listed = items;
    const rows = items.map(({ title, updatedAt }, index) => [
      String(index + 1),
      updatedAt.slice(0, 16).replace('T', ' '),
      cell(title),
    ]);
    process.stdout.write(table(rows));
    if (rows.length === 0) this.#output.note('There are no chats yet.');
  }

  /** @param which a number of the list, or the id of a chat */
  async #open(which: string): Promise<void> {
    if (/^\d+$/.test(which) && this.#listed.length === 0) await this.#list();
    const id = /^\d+$/.test(which) ? this.#listed[Number(which) - 1]?.id : which;
    if (id === undefined || id === '') return this.#output.note('/open takes a number that /chats shows.');
    await this.#conversation.open(id);
    this.#output.note(this.#title());
    const messages = await this.#conversation.messages();
    const [question, reply] = [messages.findLast(isQuestion), messages.findLast((each) => !isQuestion(each))];
    if (question !== undefined)
      process.stdout.write(`${styled('dim', `> ${plainText(textOf(question))}`)}\n`);
    if (reply !== undefined) process.stdout.write(`${plainText(textOf(reply))}\n`);
  }

  #title(): string {
    const { chat } = this.#conversation;
    return chat === null ? 'A new chat' : `Chat: ${chat.title ?? 'without a title'}`;
  }
}

function isQuestion({ role }: { role: string }): boolean {
  return role === 'user';
}
