import { Children } from 'react';
import type { ComponentProps } from 'react';
import { Streamdown } from 'streamdown';
import type { Components, ExtraProps } from 'streamdown';
import { strings } from '../strings/en.ts';
import { codeHighlighter } from './code-highlighter.ts';

/** What streamdown puts in the place of an address that is still being written. */
const INCOMPLETE_LINK = 'streamdown:incomplete-link';

const components: Components = { a: SafeLink, img: BlockedImage, th: HeaderCell };
const controls = {
  code: { copy: true, download: false },
  table: false,
};

/** Markdown as it grows. Raw HTML is cleaned of everything that runs, and nothing remote is loaded. */
export function Markdown({ text, running }: { text: string; running: boolean }) {
  return (
    <Streamdown
      components={components}
      plugins={{ code: codeHighlighter }}
      controls={controls}
      linkSafety={{ enabled: false }}
      lineNumbers={false}
      codeBlockMaxHeight={0}
      tableMaxHeight={0}
      isAnimating={running}
      translations={{ copyCode: strings.conversation.copy, copied: strings.conversation.copied }}
    >
      {text}
    </Streamdown>
  );
}

function SafeLink({ href, children }: ComponentProps<'a'> & ExtraProps) {
  if (href === undefined || href === INCOMPLETE_LINK) return <span>{children}</span>;
  return (
    <a
      href={href}
      target="_blank"
      rel="noopener noreferrer nofollow"
      className="text-primary break-words underline underline-offset-2"
    >
      {children}
    </a>
  );
}

/** The empty corner of a table heads nothing. */
function HeaderCell({ children, style }: ComponentProps<'th'> & ExtraProps) {
  const cell = {
    style,
    className: 'px-4 py-2 text-left text-sm font-semibold whitespace-nowrap',
    'data-streamdown': 'table-header-cell',
  };
  return Children.count(children) === 0 ? <td {...cell} /> : <th {...cell}>{children}</th>;
}

/** An image's address can carry what was said here to somebody else's server, so only its words are shown. */
function BlockedImage({ alt = '' }: ComponentProps<'img'> & ExtraProps) {
  return <span className="text-muted-foreground italic">[{strings.conversation.imageBlocked(alt)}]</span>;
}
