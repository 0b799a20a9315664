import { Component } from 'react';
import type { ReactNode } from 'react';
import { PlainText } from './plain-text.tsx';

interface PlainOnErrorProps {
  text: string;
  children: ReactNode;
}

/** Shows plain text if rendering its Markdown fails, so that no reply breaks the page. React reports the error. */
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
