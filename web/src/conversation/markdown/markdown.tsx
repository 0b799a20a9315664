import { Children, memo, useContext, useMemo, useState } from 'react';
import type { ComponentProps } from 'react';
import remarkMath from 'remark-math';
import { Block, Streamdown, StreamdownContext } from 'streamdown';
import type { BlockProps, Components, ExtraProps, PluginConfig } from 'streamdown';
import { strings } from '../../strings/en.ts';
import { IsStreaming } from './is-streaming.ts';
import { SectionSplitter } from './section-splitter.ts';
import { codeHighlighter } from './code-highlighter.ts';
import { Diagram } from './diagram.tsx';
import { splitStreamingText, splitFinishedText, repairBlock } from './markdown-blocks.ts';
import { normalizeMath } from './math-delimiters.ts';
import { isTooComplex } from './complexity-limits.ts';
import { PlainOnError } from './plain-on-error.tsx';
import { PlainText } from './plain-text.tsx';
import { DisplayMath, InlineMath } from './math.tsx';

/** What may be followed from a reply: never a script, never something within this application. */
const FOLLOWED = /^(?:https?:\/\/|mailto:)/i;

const components: Components = { a: SafeLink, img: BlockedImage, inlineCode: InlineCode, th: HeaderCell };
const controls = {
  code: { copy: true, download: false },
  table: false,
};
const plugins: PluginConfig = {
  code: codeHighlighter,
  math: { name: 'katex', type: 'math', remarkPlugin: remarkMath, rehypePlugin: () => undefined },
  renderers: [
    { language: 'mermaid', component: Diagram },
    { language: 'math', component: DisplayMath },
  ],
};

interface MarkdownProps {
  text: string;
  running: boolean;
}

/** Markdown as it grows. Raw HTML is shown as the text it is, and nothing remote is loaded. */
export function Markdown({ text, running }: MarkdownProps) {
  const [chapters] = useState(() => new SectionSplitter());
  const texts = chapters.cut(text);
  return (
    <div className="space-y-4">
      {texts.map((chapter, index) => (
        // Chapters are only ever added at the end.
        // oxlint-disable-next-line react/no-array-index-key -- see above
        <Chapter key={index} text={chapter} running={running && index === texts.length - 1} />
      ))}
    </div>
  );
}

const Chapter = memo(function Chapter({ text, running }: MarkdownProps) {
  return (
    <IsStreaming value={running}>
      <Streamdown
        components={components}
        plugins={plugins}
        controls={controls}
        BlockComponent={MarkedBlock}
        parseIncompleteMarkdown={false}
        parseMarkdownIntoBlocksFn={running ? splitStreamingText : splitFinishedText}
        linkSafety={{ enabled: false }}
        lineNumbers={false}
        codeBlockMaxHeight={0}
        tableMaxHeight={0}
        isAnimating={running}
        translations={{ copyCode: strings.actions.copy, copied: strings.status.copied }}
      >
        {text}
      </Streamdown>
    </IsStreaming>
  );
});

/**
 * A paragraph, a list, a table…: those that are finished are neither parsed nor rendered again. Only one that is being written
 * is told that something is: else the end of a reply would render all of it anew.
 */
const MarkedBlock = memo(function MarkedBlock(props: BlockProps) {
  const { content, isIncomplete } = props;
  const [settings] = useState(useContext(StreamdownContext));
  const context = useMemo(() => ({ ...settings, isAnimating: isIncomplete }), [settings, isIncomplete]);
  const marked = useMemo(
    () => (isTooComplex(content) ? null : normalizeMath(repairBlock(content))),
    [content],
  );
  if (marked === null) return <PlainText text={content} />;
  return (
    <PlainOnError text={content}>
      <StreamdownContext.Provider value={context}>
        <Block {...props} content={marked} />
      </StreamdownContext.Provider>
    </PlainOnError>
  );
});

function InlineCode({ className = '', children }: ComponentProps<'code'> & ExtraProps) {
  if (className.includes('language-math') && typeof children === 'string')
    return <InlineMath tex={children} />;
  return <code className="bg-muted rounded px-1.5 py-0.5 font-mono text-[0.875em]">{children}</code>;
}

function SafeLink({ href, children }: ComponentProps<'a'> & ExtraProps) {
  if (href === undefined || !FOLLOWED.test(href)) return <span>{children}</span>;
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
