/** The words around what is read: the end of a conversation, code, math and diagrams. */
export const readingStrings = {
  jumpToLatest: 'Jump to latest',
  somethingNew: 'There is something new.',
  diagram: 'Diagram',
  diagramSource: 'Source of the diagram',
};
