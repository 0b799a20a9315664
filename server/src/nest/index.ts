export { MillraceService } from '../mount/millrace-service.ts';
export { MillraceGuard } from './millrace-guard.ts';
export { MillraceModule } from './millrace-module.ts';
export type { MillraceModuleOptions } from './module-options.ts';
