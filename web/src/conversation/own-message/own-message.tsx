import { Pencil } from 'lucide-react';
import { useRef } from 'react';
import { flushSync } from 'react-dom';
import { messageText } from '@millrace/protocol';
import { MessageAttachments } from '../../attachments/message-attachments.tsx';
import { IconButton } from '../../shell/button.tsx';
import { CopyButton } from '../../shell/copy-button.tsx';
import { strings } from '../../strings/en.ts';
import { BranchSwitcher } from '../branches/branch-switcher.tsx';
import { focusComposer } from '../focus-composer.ts';
import type { MessageRowProps } from '../message-row-props.ts';
import { EditForm } from './edit-form.tsx';
import { endEdit, startEdit, useEdit } from './edited-message.ts';

/** A message of the user, with its actions. */
export function OwnMessage({ shown, isIdle, versions, actions }: MessageRowProps) {
  const { message, ids } = shown;
  const edit = useEdit(message.id);
  const editButton = useRef<HTMLButtonElement>(null);
  const text = messageText(message, 'text');

  async function send(edited: string) {
    const sending = actions.onEdit(message.id, edited);
    focusComposer();
    if (await sending) endEdit(message.id);
  }

  function cancel(from: 'message' | 'composer') {
    flushSync(() => endEdit(message.id));
    if (from === 'message') editButton.current?.focus();
    else focusComposer();
  }

  if (edit) {
    return (
      <EditForm
        text={edit.text}
        parts={message.parts}
        isIdle={isIdle}
        onSend={() => void send(edit.text)}
        onCancel={() => cancel(edit.from)}
      />
    );
  }
  return (
    <div className="group flex flex-col items-end">
      <MessageAttachments parts={message.parts} className="justify-end" />
      {text !== '' && (
        <p className="bg-muted w-fit max-w-[85%] rounded-2xl px-4 py-2.5 leading-6 break-words whitespace-pre-wrap">
          {text}
        </p>
      )}
      <footer className="mt-1 -mr-1 -mb-5 flex h-8 items-center">
        <span className="flex transition-opacity group-focus-within:opacity-100 group-hover:opacity-100 md:opacity-0">
          {text !== '' && <CopyButton text={text} label={strings.conversation.copyMessage} />}
          <IconButton
            ref={editButton}
            label={strings.actions.edit}
            aria-disabled={!isIdle}
            onClick={() => isIdle && startEdit(message.id, text, 'message')}
            className="aria-disabled:opacity-40"
          >
            <Pencil className="size-4" />
          </IconButton>
        </span>
        <BranchSwitcher shownIds={ids} versions={versions} onShow={actions.onShowBranch} />
      </footer>
    </div>
  );
}
