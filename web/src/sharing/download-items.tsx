import type { ChatFileFormat } from '@millrace/protocol/chat-file';
import { FileDown } from 'lucide-react';
import { chatFiles } from '../server/chat-files.ts';
import { MenuItem } from '../shell/menu-parts.tsx';
import { strings } from '../strings/en.ts';
import { CHAT_FORMATS } from './chat-formats.ts';

/** The items of a chat's menu that download it. */
export function DownloadItems({ chatId }: { chatId: string }) {
  return CHAT_FORMATS.map(([format, name]) => (
    <MenuItem key={format} icon={<FileDown />} onSelect={() => download(chatId, format)}>
      {strings.sharing.downloadAs(name)}
    </MenuItem>
  ));
}

/** Downloads through a temporary link, so that the server's response names the file. */
function download(chatId: string, format: ChatFileFormat): void {
  const link = document.createElement('a');
  link.href = chatFiles.exportUrl(chatId, format);
  link.download = '';
  link.click();
}
