import { Component } from 'react';
import type { ReactNode } from 'react';
import { PlainText } from './plain-text.tsx';

interface PlainOnErrorProps {
  text: string;
  children: ReactNode;
}

/** Shows a text as it was written where it can't be shown as Markdown: no reply takes the page with it. React reports why. */
export class PlainOnError extends Component<PlainOnErrorProps, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override render() {
    const { text, children } = this.props;
    return this.state.hasFailed ? <PlainText text={text} /> : children;
  }
}
