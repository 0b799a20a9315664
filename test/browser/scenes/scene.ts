import type { Page } from 'playwright-core';
import type { SceneWorld, Viewer } from './scene-world.ts';

/** A page of the app in one of its states. */
export interface Scene {
  name: string;
  viewer: Viewer;
  /** The layout that has this state, if only one has. */
  only?: 'desktop' | 'phone';
  /** The server with the demo model. Default: the main server. */
  at?: 'demo';
  /** Brings a new tab into this state. */
  show: (page: Page, world: SceneWorld) => Promise<unknown>;
}
