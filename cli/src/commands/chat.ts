import { Command, Option } from 'commander';
import type { ChatOptions } from '../chat/run-chat.ts';
import { connectionOptions, jsonOption } from './options.ts';

export function chatCommand(): Command {
  const command = new Command('chat')
    .description(
      'Sends a message and streams the reply to stdout. The message can also be on stdin. Without a message, at a terminal, it is ' +
        'a conversation. If the connection breaks, it reconnects and continues the reply. --resume reads a reply that was still ' +
        'running when the program ended. Ctrl+C stops a running reply; pressing it again leaves.',
    )
    .argument('[message...]', 'the message')
    .option('--chat <id>', 'continue this chat (default: the last one)')
    .addOption(new Option('--new', 'start a new chat').conflicts('chat'))
    .option('--model <name>', 'the model (default: that of the chat, or of the server)')
    .addOption(
      new Option('--resume', 'read the reply that was running when the program ended').conflicts([
        'chat',
        'new',
      ]),
    );
  for (const option of [
    ...connectionOptions(),
    jsonOption('print each event of the reply as a line of JSON'),
  ]) {
    command.addOption(option);
  }
  return command.action(async (words: string[], options: ChatOptions) => {
    const { runChat } = await import('../chat/run-chat.ts');
    process.exitCode = await runChat(words, options);
  });
}
