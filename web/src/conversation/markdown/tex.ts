import katex from 'katex';
import 'katex/dist/katex.min.css';

/** Far more than any formula has. */
const LONGEST = 20_000;

/** The HTML of a formula; null where it isn't one. Nothing in it can load, link or run anything. */
export function renderTex(tex: string, isDisplay: boolean): string | null {
  if (tex.length > LONGEST) return null;
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
    // It says in many ways that something is no formula: for one nested too deeply, that the stack is full.
    return null;
  }
}
