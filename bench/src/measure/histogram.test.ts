import { describe, expect, it } from 'vitest';
import { Histogram } from './histogram.ts';

describe('Histogram', () => {
  it('keeps small values exactly, and large ones to within 1.6 percent', () => {
    for (const value of [0, 1, 63, 64, 65, 127, 128, 1000, 12_345, 9_876_543, 2 ** 31 - 1]) {
      const histogram = new Histogram();
      histogram.add(value);
      const error = Math.abs(histogram.quantile(0.5) - value);
      expect(error, `${value}`).toBeLessThanOrEqual(value < 64 ? 0 : value * 0.016);
    }
  });

  it('gives quantiles of many values', () => {
    const histogram = new Histogram();
    for (let value = 1; value <= 10_000; value += 1) histogram.add(value);
    expect(histogram.quantile(0.5) / 5000).toBeCloseTo(1, 1);
    expect(histogram.quantile(0.99) / 9900).toBeCloseTo(1, 1);
    expect(histogram.quantile(0)).toBe(1);
    expect(histogram.quantile(1) / 10_000).toBeCloseTo(1, 1);
  });

  it('accepts negative values, which two clocks can yield, and values that are too large', () => {
    const histogram = new Histogram();
    histogram.add(-3);
    histogram.add(1e12);
    expect(histogram.quantile(0)).toBe(0);
    expect(histogram.quantile(1)).toBeGreaterThan(2e9);
  });

  it('can be sent to another process and merged there', () => {
    const one = new Histogram();
    one.add(10);
    const both = Histogram.from(one.toData());
    both.merge(one.toData());
    expect(both.size).toBe(2);
    expect(both.quantile(1)).toBe(10);
  });

  it('has no figures without values', () => {
    expect(new Histogram().quantile(0.5)).toBeNaN();
  });
});
