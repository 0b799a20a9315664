import type { ChatFileFormat } from '@millrace/protocol/chat-file';
import { FileDown } from 'lucide-react';
import { chatFiles } from '../server/chat-files.ts';
import { MenuItem } from '../shell/menu-parts.tsx';
import { strings } from '../strings/en.ts';
import { CHAT_FORMATS } from './chat-formats.ts';

/** Of a chat's menu. */
export function DownloadItems({ chatId }: { chatId: string }) {
  return CHAT_FORMATS.map(([format, name]) => (
    <MenuItem key={format} icon={<FileDown />} onSelect={() => download(chatId, format)}>
      {strings.sharing.downloadAs(name)}
    </MenuItem>
  ));
}

/** As a link of the page would: its name is the server's to give. */
function download(chatId: string, format: ChatFileFormat): void {
  const link = document.createElement('a');
  link.href = chatFiles.exportUrl(chatId, format);
  link.download = '';
  link.click();
}
