import type { CodeHighlighterPlugin, HighlightOptions, HighlightResult } from 'streamdown';

const LIGHT = 'github-light-high-contrast';
const DARK = 'github-dark-default';

let loading: Promise<CodeHighlighterPlugin> | undefined;
let loaded: CodeHighlighterPlugin | undefined;

async function load(): Promise<CodeHighlighterPlugin> {
  const { createCodePlugin } = await import('@streamdown/code');
  loaded = createCodePlugin({ themes: [LIGHT, DARK] });
  return loaded;
}

async function highlightOnceLoaded(
  options: HighlightOptions,
  callback: ((result: HighlightResult) => void) | undefined,
): Promise<void> {
  loading ??= load();
  const plugin = await loading;
  const result = plugin.highlight(options, callback);
  if (result) callback?.(result);
}

/** Loads the highlighter and the grammar of a language with the first code that needs them. */
export const codeHighlighter: CodeHighlighterPlugin = {
  name: 'shiki',
  type: 'code-highlighter',
  getThemes: () => [LIGHT, DARK],
  getSupportedLanguages: () => loaded?.getSupportedLanguages() ?? [],
  supportsLanguage: (language) => loaded?.supportsLanguage(language) ?? true,
  highlight(options, callback) {
    if (loaded) return loaded.highlight(options, callback);
    void highlightOnceLoaded(options, callback);
    return null;
  },
};
