import type { HarmCategory, Safety, SafetyThreshold } from '@millrace/protocol';

const THRESHOLDS: readonly SafetyThreshold[] = ['default', 'block_low', 'block_medium', 'block_high', 'off'];
const CATEGORIES: readonly HarmCategory[] = ['harassment', 'hate', 'sexual', 'dangerous'];

export const SAFETY_TAKES = `one of ${THRESHOLDS.join(', ')}, or category=threshold separated by commas, for ${CATEGORIES.join(', ')}`;

/** A threshold for all categories, or some with one each; undefined for what is neither. */
export function parseSafety(given: string): Safety | undefined {
  const forAll = THRESHOLDS.find((threshold) => threshold === given);
  if (forAll !== undefined) return Object.fromEntries(CATEGORIES.map((category) => [category, forAll]));
  const safety: Safety = {};
  for (const pair of given.split(',')) {
    const [left, right, ...rest] = pair.split('=').map((side) => side.trim());
    const category = CATEGORIES.find((each) => each === left);
    const threshold = THRESHOLDS.find((each) => each === right);
    if (category === undefined || threshold === undefined || rest.length > 0) return undefined;
    safety[category] = threshold;
  }
  return safety;
}
