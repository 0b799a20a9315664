import mermaid from 'mermaid';

/**
 * What would make a diagram load something, or style more than itself: images, addresses, style sheets, and any element but a
 * line break, for Mermaid puts labels into the page before it cleans them.
 */
const REACHES_OUT = /\bimg\b|url\s*\(|@import|:\/\/|<(?!br\s*\/?>)\s*[a-z/!]/i;
/** Far more than one can look at. */
const LONGEST = 20_000;

let drawn = 0;
let drawing: Promise<unknown> = Promise.resolve();

/**
 * Draws a diagram.
 * @returns the address of an image, in which nothing can run, load or be followed; null where it can't be drawn
 */
export async function drawDiagram(source: string, isDark: boolean): Promise<string | null> {
  if (source.length > LONGEST || REACHES_OUT.test(source)) return null;
  // Mermaid's settings are the same for all, so one is drawn after the other.
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
    maxTextSize: LONGEST,
    // What a diagram may not set for itself.
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
    // It says in many ways that something is no diagram.
    return null;
  }
}
