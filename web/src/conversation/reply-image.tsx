import { isMediaUrl } from '@millrace/protocol';
import type { Media } from '@millrace/protocol';
import { OpenFileButton } from '../attachments/open-file-button.tsx';
import { chatClient } from '../server/chat-client.ts';
import { strings } from '../strings/en.ts';

/** Keeps the text around an image in view. */
const MAX_HEIGHT_REM = 32;

/** A generated image. Space is reserved for it while it loads, so that the text below doesn't move. */
export function ReplyImage({ image }: { image: Media }) {
  const { url, width, height } = image;
  if (!isMediaUrl(url)) return null;
  const address = chatClient.mediaUrl(url);
  const hasSize = width !== null && height !== null;
  return (
    <OpenFileButton
      file={{ type: 'media', ...image }}
      label={strings.conversation.image}
      className="bg-muted block w-fit max-w-full overflow-hidden rounded-xl"
      style={hasSize ? reservedSize(width, height) : undefined}
    >
      <img
        src={address}
        alt={strings.conversation.image}
        loading="lazy"
        decoding="async"
        className={hasSize ? 'size-full object-contain' : 'max-h-128 max-w-full'}
      />
    </OpenFileButton>
  );
}

function reservedSize(width: number, height: number) {
  const ratio = width / height;
  return { width: `min(100%, ${width}px, ${MAX_HEIGHT_REM * ratio}rem)`, aspectRatio: ratio };
}
