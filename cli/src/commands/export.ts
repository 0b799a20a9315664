import { Command, Option } from 'commander';
import type { ChatFileFormat } from '@millrace/protocol/chat-file';
import type { VisitChats } from '../export/source-chat.ts';
import type { WrittenChat } from '../export/write-chats.ts';
import { Output } from '../output/output.ts';
import { cell, table } from '../output/table.ts';
import { connectionOptions, jsonOption, settingsOf } from './options.ts';

interface ExportOptions {
  user?: string | undefined;
  chat?: string | undefined;
  dataDir?: string | undefined;
  url?: string | undefined;
  key?: string | undefined;
  format: ChatFileFormat;
  out: string;
  json?: boolean | undefined;
}

export function exportCommand(): Command {
  const command = new Command('export')
    .description(
      'Writes each chat to a file, with its images beside it. By default it exports your own chats over HTTP. With --data-dir or ' +
        '--user it reads the server’s database, also while the server runs, and exports the chats of all users or of one. ' +
        'JSON holds the whole chat (docs/chat-export.md), Markdown its newest branch.',
    )
    .option('--chat <id>', 'export this chat only')
    .addOption(new Option('--format <name>', 'the file format').choices(['json', 'markdown']).default('json'))
    .option('--out <folder>', 'the folder to write to', 'millrace-export')
    .addOption(new Option('--data-dir <folder>', 'read the server’s data folder').conflicts(['url', 'key']))
    .addOption(
      new Option('--user <id or address>', 'read this user’s chats from the server’s database').conflicts([
        'url',
        'key',
      ]),
    );
  for (const option of [...connectionOptions(), jsonOption()]) command.addOption(option);
  return command.action(async (options: ExportOptions) => {
    const output = new Output(options);
    const { writeChats } = await import('../export/write-chats.ts');
    const chats = await writeChats(await sourceOf(options, output), options.out, options.format);
    output.result({ folder: options.out, chats }, listOf(chats));
    output.note(`Wrote ${chats.length} ${chats.length === 1 ? 'chat' : 'chats'} to ${options.out}.`);
  });
}

async function sourceOf(options: ExportOptions, output: Output): Promise<VisitChats> {
  const { user: owner, chat: chatId } = options;
  if (options.dataDir !== undefined || owner !== undefined) {
    const { storageChats } = await import('../export/storage-chats.ts');
    return storageChats(await settingsOf(options), { owner, chatId });
  }
  const [{ connect }, { serverChats }] = await Promise.all([
    import('../connection/connect.ts'),
    import('../export/server-chats.ts'),
  ]);
  return serverChats(await connect(options, output), chatId);
}

function listOf(chats: readonly WrittenChat[]): string {
  return table(chats.map(({ file, title, messages }) => [file, `${messages} messages`, cell(title)]));
}
