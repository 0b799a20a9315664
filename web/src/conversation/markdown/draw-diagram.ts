import mermaid from 'mermaid';

/**
 * Source that could load something or style the page: images, addresses, style sheets, and any HTML element but a line break,
 * as Mermaid inserts labels into the page before it sanitizes them.
 */
const UNSAFE_SOURCE = /\bimg\b|url\s*\(|@import|:\/\/|<(?!br\s*\/?>)\s*[a-z/!]/i;
const MAX_SOURCE_CHARS = 20_000;

let drawn = 0;
let drawing: Promise<unknown> = Promise.resolve();

/**
 * Draws a diagram.
 * @returns the data URL of an image, which can't run scripts, load resources or contain links; null if the source can't be drawn
 */
export async function drawDiagram(source: string, isDark: boolean): Promise<string | null> {
  if (source.length > MAX_SOURCE_CHARS || UNSAFE_SOURCE.test(source)) return null;
  // Mermaid's settings are global, so diagrams are drawn one after the other.
  const next = drawing.then(() => draw(source, isDark));
  drawing = next;
  return next;
}

async function draw(source: string, isDark: boolean): Promise<string | null> {
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: 'strict',
    suppressErrorRendering: true,
    theme: isDark ? 'dark' : 'neutral',
    htmlLabels: false,
    flowchart: { htmlLabels: false, useMaxWidth: false },
    fontFamily: 'system-ui, sans-serif',
    maxTextSize: MAX_SOURCE_CHARS,
    // The settings that a diagram's source may not change.
    secure: [
      'secure',
      'securityLevel',
      'startOnLoad',
      'maxTextSize',
      'suppressErrorRendering',
      'maxEdges',
      'themeCSS',
      'themeVariables',
      'fontFamily',
      'altFontFamily',
      'htmlLabels',
      'dompurifyConfig',
    ],
  });
  drawn += 1;
  try {
    const { svg } = await mermaid.render(`diagram-${drawn}`, source);
    return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  } catch {
    // Mermaid throws many kinds of errors for an invalid source.
    return null;
  }
}
