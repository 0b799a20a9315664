interface HastNode {
  type: string;
  tagName?: string;
  value?: string;
  properties?: object;
  children?: HastNode[];
}

const LINE_BREAK = /^<br\s*\/?>$/i;

/**
 * A rehype plugin that shows raw HTML as text, except for line breaks, which models write in tables. It replaces `rehype-raw`
 * in the build: see vite.config.ts.
 */
export default function rawHtmlAsText() {
  return function transform(node: HastNode): void {
    if (!node.children) return;
    node.children = node.children.map((child) => (child.type === 'raw' ? shown(child.value ?? '') : child));
    for (const child of node.children) transform(child);
  };
}

function shown(value: string): HastNode {
  if (LINE_BREAK.test(value)) return { type: 'element', tagName: 'br', properties: {}, children: [] };
  return { type: 'text', value };
}
