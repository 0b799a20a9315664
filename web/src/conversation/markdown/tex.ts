import katex from 'katex';
import 'katex/dist/katex.min.css';

const MAX_SOURCE_CHARS = 20_000;

/** The HTML of a formula, which can't load resources, contain links or run scripts; null if the source isn't valid. */
export function renderTex(tex: string, isDisplay: boolean): string | null {
  if (tex.length > MAX_SOURCE_CHARS) return null;
  try {
    return katex.renderToString(tex, {
      displayMode: isDisplay,
      output: 'htmlAndMathml',
      trust: false,
      strict: 'ignore',
      maxSize: 40,
      maxExpand: 500,
    });
  } catch {
    // KaTeX throws many kinds of errors, such as a stack overflow for deep nesting.
    return null;
  }
}
