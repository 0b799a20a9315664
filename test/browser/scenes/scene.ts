import type { Page } from 'playwright-core';
import type { Stage, Viewer } from './stage.ts';

/** A page of the app, in one of the states it can be in. */
export interface Scene {
  name: string;
  viewer: Viewer;
  /** Where there is only one layout with it. */
  only?: 'desktop' | 'phone';
  /** Which server is looked at; default: the one in which much has happened. */
  at?: 'demo';
  /** Brings a new tab there. */
  show: (page: Page, stage: Stage) => Promise<unknown>;
}
