import { Paperclip } from 'lucide-react';
import { useRef } from 'react';
import { IconButton } from '../shell/button.tsx';
import { strings } from '../strings/en.ts';
import { addFiles } from './draft-files.ts';

/** A hint for file pickers, which offer the camera of a phone for images. The server checks the content of each file. */
const ACCEPTED_FILES =
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
        accept={ACCEPTED_FILES}
        aria-label={strings.attachments.attach}
        onChange={({ target }) => {
          addFiles(chatId, [...(target.files ?? [])]);
          // Otherwise picking the same file again wouldn't be a change.
          target.value = '';
        }}
      />
    </>
  );
}
