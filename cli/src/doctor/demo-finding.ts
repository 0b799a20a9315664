import { providerLabels } from '@millrace/server/inspect';
import { warning } from './finding.ts';
import type { Finding } from './finding.ts';

/** Warns that the demo model answers in place of a provider. @param provider the provider's name, as in `AI_PROVIDER` */
export function demoFinding(check: string, provider: string): Finding {
  const labels = providerLabels(provider);
  const advice = labels === null ? undefined : `To use ${labels.title}, set ${labels.keySetting}.`;
  return warning(check, 'the demo model answers', advice ?? 'Set the API key of a model provider.');
}
