import { Paperclip } from 'lucide-react';
import { useRef } from 'react';
import { IconButton } from '../shell/button.tsx';
import { strings } from '../strings/en.ts';
import { addFiles } from './draft-files.ts';

/** For pickers, which offer a phone's camera by it; what a file is the server tells by its bytes. */
const ACCEPTED =
  'image/png,image/jpeg,image/webp,image/gif,text/*,application/json,.md,.csv,.tsv,.json,.jsonl,.yaml,.yml,.toml,.xml,.html,.css,.js,.jsx,.ts,.tsx,.py,.rb,.go,.rs,.java,.kt,.swift,.c,.h,.cpp,.cs,.php,.sh,.sql,.log,.svg';

export function AttachButton({ chatId }: { chatId: string | null }) {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton label={strings.attachments.attach} onClick={() => picker.current?.click()}>
        <Paperclip aria-hidden="true" className="size-4.5" />
      </IconButton>
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        accept={ACCEPTED}
        aria-label={strings.attachments.attach}
        onChange={({ target }) => {
          addFiles(chatId, [...(target.files ?? [])]);
          // The same file may be picked again.
          target.value = '';
        }}
      />
    </>
  );
}
