import { messageText } from '@millrace/protocol';
import type { Chat } from '@millrace/protocol';
import { describeError, EXIT_CODES } from '../errors.ts';
import { styled } from '../output/output.ts';
import type { Output } from '../output/output.ts';
import { plainText } from '../output/plain-text.ts';
import { cell, table } from '../output/table.ts';
import { writeError } from '../output/write-error.ts';
import { askLine } from './ask-line.ts';
import type { Conversation } from './conversation.ts';

const HELP = table([
  ['/new', 'start a new chat'],
  ['/chats', 'list your chats'],
  ['/open n', 'continue chat n of the list'],
  ['/regenerate', 'get another reply to the last message'],
  ['/stop', 'stop all running replies of this chat, including replies that other clients started'],
  ['/quit', 'leave; Ctrl+D and Ctrl+C do the same'],
  ['', 'Ctrl+C stops a running reply. Anything else is sent as a message.'],
]);
/** How many chats `/chats` lists. */
const LIST_SIZE = 20;

/** Prompts for messages and shows their replies until the user leaves. */
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
    this.#output.note(`${this.#title()}. /help lists the commands.`);
    for (;;) {
      const answer = await askLine('> ', this.#history);
      if (answer === 'interrupted') {
        process.stdout.write('\n');
        return EXIT_CODES.interrupted;
      }
      if (answer === 'left' || answer.text.trim() === '/quit') return 0;
      try {
        await this.#handle(answer.text.trim());
      } catch (error) {
        // Shown, and the prompt returns: the next message may succeed.
        writeError(describeError(error), { isJson: false });
      }
    }
  }

  async #handle(text: string): Promise<void> {
    if (text === '') return;
    const [, name, argument = ''] = /^\/(\w+)(?:\s+(.*))?$/.exec(text) ?? [];
    switch (name) {
      case undefined:
        return this.#showError(await this.#conversation.send(text));
      case 'new':
        this.#conversation.startNew();
        return this.#output.note('The next message starts a new chat.');
      case 'chats':
        return this.#list();
      case 'open':
        return this.#open(argument);
      case 'regenerate':
        return this.#showError(await this.#conversation.regenerate());
      case 'stop': {
        const stopped = await this.#conversation.stopRunning();
        return this.#output.note(stopped === 0 ? 'No reply is running in this chat.' : 'Stopped.');
      }
      case 'help':
        process.stdout.write(HELP);
        return;
      default:
        this.#output.note(`There is no command /${name}. /help lists the commands.`);
    }
  }

  #showError({ last }: Awaited<ReturnType<Conversation['send']>>): void {
    if (last.event !== 'error') return;
    const { code, message } = last.data;
    writeError({ code, message, exitCode: EXIT_CODES.failure }, { isJson: false });
  }

  async #list(): Promise<void> {
    const { items } = await this.#conversation.client.listChats({ limit: LIST_SIZE });
    this.#listed = items;
    const rows = items.map(({ title, updatedAt }, index) => [
      String(index + 1),
      updatedAt.slice(0, 16).replace('T', ' '),
      cell(title),
    ]);
    process.stdout.write(table(rows));
    if (rows.length === 0) this.#output.note('There are no chats yet.');
  }

  /** @param chat a number in the list, or the id of a chat */
  async #open(chat: string): Promise<void> {
    if (/^\d+$/.test(chat) && this.#listed.length === 0) await this.#list();
    const id = /^\d+$/.test(chat) ? this.#listed[Number(chat) - 1]?.id : chat;
    if (id === undefined || id === '')
      return this.#output.note('/open takes a number from the list of /chats.');
    await this.#conversation.open(id);
    this.#output.note(this.#title());
    const messages = await this.#conversation.messages();
    const [question, reply] = [messages.findLast(isQuestion), messages.findLast((each) => !isQuestion(each))];
    if (question !== undefined)
      process.stdout.write(`${styled('dim', `> ${plainText(messageText(question))}`)}\n`);
    if (reply !== undefined) process.stdout.write(`${plainText(messageText(reply))}\n`);
  }

  #title(): string {
    const { chat } = this.#conversation;
    return chat === null ? 'New chat' : `Chat: ${chat.title ?? 'without a title'}`;
  }
}

function isQuestion({ role }: { role: string }): boolean {
  return role === 'user';
}
