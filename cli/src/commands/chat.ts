import { Command, Option } from 'commander';
import type { ChatOptions } from '../chat/run-chat.ts';
import { connectionOptions, jsonOption } from './options.ts';

export function chatCommand(): Command {
  const command = new Command('chat')
    .description(
      'Asks, and streams the reply to stdout; without a message, and at a terminal, it is a conversation. The message may come ' +
        'by stdin. A reply outlives this program: it goes on when the connection is back, and --resume reads one that was left. ' +
        'Ctrl+C while a reply runs stops it; a second one leaves.',
    )
    .argument('[message...]', 'what to ask')
    .option('--chat <id>', 'the chat to go on with (default: the one of last time)')
    .addOption(new Option('--new', 'begin another chat').conflicts('chat'))
    .option('--model <name>', 'who shall answer (default: as the chat or the server has it)')
    .addOption(
      new Option('--resume', 'read the reply that was running when the terminal was left').conflicts([
        'chat',
        'new',
      ]),
    );
  for (const option of [...connectionOptions(), jsonOption('each event of the reply as a line of JSON')]) {
    command.addOption(option);
  }
  return command.action(async (words: string[], options: ChatOptions) => {
    const { runChat } = await import('../chat/run-chat.ts');
    process.exitCode = await runChat(words, options);
  });
}
