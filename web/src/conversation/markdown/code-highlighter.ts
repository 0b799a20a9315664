import type { CodeHighlighterPlugin, HighlightOptions, HighlightResult } from 'streamdown';

const LIGHT = 'github-light-high-contrast';
const DARK = 'github-dark-default';

type Callback = (result: HighlightResult) => void;

interface QueuedCode {
  options: HighlightOptions;
  callback: Callback | undefined;
}

let loading: Promise<CodeHighlighterPlugin> | undefined;
let loaded: CodeHighlighterPlugin | undefined;
let queue: QueuedCode[] = [];
let isHighlighting = false;

async function load(): Promise<CodeHighlighterPlugin> {
  const { createCodePlugin } = await import('@streamdown/code');
  loaded = createCodePlugin({ themes: [LIGHT, DARK] });
  return loaded;
}

/** Highlights each piece of code in its own task, so that many pieces together don't delay a frame. */
async function highlightQueue(): Promise<void> {
  isHighlighting = true;
  try {
    loading ??= load();
    const plugin = await loading;
    for (let next = queue.shift(); next; next = queue.shift()) {
      const result = plugin.highlight(next.options, next.callback);
      if (result) next.callback?.(result);
      await new Promise((resolve) => setTimeout(resolve));
    }
  } catch {
    // Offline, or the files are from an older build. The code stays plain, and the next piece tries again.
    loading = undefined;
    queue = [];
  } finally {
    isHighlighting = false;
  }
}

/** Queues a piece of code. Code that has grown replaces its earlier state in the queue. */
function enqueue(piece: QueuedCode): void {
  const { code, language } = piece.options;
  const index = queue.findIndex(
    ({ options }) =>
      options.isIncomplete === true && options.language === language && code.startsWith(options.code),
  );
  if (index === -1) queue.push(piece);
  else queue[index] = piece;
  if (!isHighlighting) void highlightQueue();
}

/** Loads the highlighter and each grammar when code first needs them. */
export const codeHighlighter: CodeHighlighterPlugin = {
  name: 'shiki',
  type: 'code-highlighter',
  getThemes: () => [LIGHT, DARK],
  getSupportedLanguages: () => loaded?.getSupportedLanguages() ?? [],
  supportsLanguage: (language) => loaded?.supportsLanguage(language) ?? true,
  highlight(options, callback) {
    enqueue({ options, callback });
    return null;
  },
};
