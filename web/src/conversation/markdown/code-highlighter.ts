import type { CodeHighlighterPlugin, HighlightOptions, HighlightResult } from 'streamdown';

const LIGHT = 'github-light-high-contrast';
const DARK = 'github-dark-default';

type Callback = (result: HighlightResult) => void;

interface Waiting {
  options: HighlightOptions;
  callback: Callback | undefined;
}

let loading: Promise<CodeHighlighterPlugin> | undefined;
let loaded: CodeHighlighterPlugin | undefined;
let waiting: Waiting[] = [];
let isWorking = false;

async function load(): Promise<CodeHighlighterPlugin> {
  const { createCodePlugin } = await import('@streamdown/code');
  loaded = createCodePlugin({ themes: [LIGHT, DARK] });
  return loaded;
}

/** Each piece of code in a task of its own, so that many of them never hold up a frame together. */
async function work(): Promise<void> {
  isWorking = true;
  try {
    loading ??= load();
    const plugin = await loading;
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const result = plugin.highlight(next.options, next.callback);
      if (result) next.callback?.(result);
      await new Promise((resolve) => setTimeout(resolve));
    }
  } catch {
    // No connection, or files of an older build: code stays as it is, and the next one tries again.
    loading = undefined;
    waiting = [];
  } finally {
    isWorking = false;
  }
}

/** Code that has grown takes the place of what it was, if that still waits. */
function add(one: Waiting): void {
  const { code, language } = one.options;
  const before = waiting.findIndex(
    ({ options }) =>
      options.isIncomplete === true && options.language === language && code.startsWith(options.code),
  );
  if (before === -1) waiting.push(one);
  else waiting[before] = one;
  if (!isWorking) void work();
}

/** Loads the highlighter and the grammar of a language with the first code that needs them. */
export const codeHighlighter: CodeHighlighterPlugin = {
  name: 'shiki',
  type: 'code-highlighter',
  getThemes: () => [LIGHT, DARK],
  getSupportedLanguages: () => loaded?.getSupportedLanguages() ?? [],
  supportsLanguage: (language) => loaded?.supportsLanguage(language) ?? true,
  highlight(options, callback) {
    add({ options, callback });
    return null;
  },
};
