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

/** The only links that work in a reply: no scripts, and no addresses inside this application. */
const ALLOWED_LINK = /^(?:https?:\/\/|mailto:)/i;

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
  isRunning: boolean;
}

/** Renders Markdown, also while it is streamed. Raw HTML is shown as text, and nothing remote is loaded. */
export function Markdown({ text, isRunning }: MarkdownProps) {
  const [splitter] = useState(() => new SectionSplitter());
  const sections = splitter.split(text);
  return (
    <div className="space-y-4">
      {sections.map((section, index) => (
        // Sections are only appended.
        // oxlint-disable-next-line react/no-array-index-key -- see above
        <Section key={index} text={section} isRunning={isRunning && index === sections.length - 1} />
      ))}
    </div>
  );
}

const Section = memo(function Section({ text, isRunning }: MarkdownProps) {
  return (
    <IsStreaming value={isRunning}>
      <Streamdown
        components={components}
        plugins={plugins}
        controls={controls}
        BlockComponent={RepairedBlock}
        parseIncompleteMarkdown={false}
        parseMarkdownIntoBlocksFn={isRunning ? splitStreamingText : splitFinishedText}
        linkSafety={{ enabled: false }}
        lineNumbers={false}
        codeBlockMaxHeight={0}
        tableMaxHeight={0}
        isAnimating={isRunning}
        translations={{ copyCode: strings.actions.copy, copied: strings.status.copied }}
      >
        {text}
      </Streamdown>
    </IsStreaming>
  );
});

/**
 * A paragraph, list or table. A finished block is neither parsed nor rendered again. Only the unfinished block knows that the
 * reply is streaming: otherwise the end of a reply would render all of its blocks again.
 */
const RepairedBlock = memo(function RepairedBlock(props: BlockProps) {
  const { content, isIncomplete } = props;
  const [settings] = useState(useContext(StreamdownContext));
  const context = useMemo(() => ({ ...settings, isAnimating: isIncomplete }), [settings, isIncomplete]);
  const repaired = useMemo(
    () => (isTooComplex(content) ? null : normalizeMath(repairBlock(content))),
    [content],
  );
  if (repaired === null) return <PlainText text={content} />;
  return (
    <PlainOnError text={content}>
      <StreamdownContext.Provider value={context}>
        <Block {...props} content={repaired} />
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
  if (href === undefined || !ALLOWED_LINK.test(href)) return <span>{children}</span>;
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

/** An empty cell isn't a heading. */
function HeaderCell({ children, style }: ComponentProps<'th'> & ExtraProps) {
  const cell = {
    style,
    className: 'px-4 py-2 text-left text-sm font-semibold whitespace-nowrap',
    'data-streamdown': 'table-header-cell',
  };
  return Children.count(children) === 0 ? <td {...cell} /> : <th {...cell}>{children}</th>;
}

/** Loading an image could send parts of the chat to another server in its address, so only the alternative text is shown. */
function BlockedImage({ alt = '' }: ComponentProps<'img'> & ExtraProps) {
  return <span className="text-muted-foreground italic">[{strings.conversation.imageBlocked(alt)}]</span>;
}
