import { describe, expect, it } from 'vitest';
import type { DealSum } from '../../src/panel/inbox/sums';
import { summaries } from '../../src/panel/inbox/sums';

const pipelines = [{ id: 'sales', name: 'Sales', stages: [{ id: 'new', name: 'New' }, { id: 'talks', name: 'In talks' }] }];
const sum = (stage: string, status: DealSum['status'], count: number, value?: string, currency = 'EUR', pipeline = 'sales'): DealSum => ({
  pipeline, stage, status, currency: value === undefined ? '' : currency, count, amount: value === undefined ? null : { value, currency },
});

describe('The summary of deals', () => {
  it('has the stages in their order, empty ones too, then what was won and lost in any stage', () => {
    const [sales, ...more] = summaries([sum('talks', 'open', 2, '100.10'), sum('talks', 'open', 1), sum('new', 'won', 1, '1'), sum('talks', 'won', 1, '2.5')], pipelines);
    expect(more).toEqual([]);
    expect(sales?.lines.map(({ stage, which, count }) => [stage ?? which.status, count])).toEqual([['New', 0], ['In talks', 3], ['won', 2], ['lost', 0]]);
    expect(sales?.lines.map(({ amounts }) => amounts)).toEqual([[], [{ value: '100.1', currency: 'EUR' }], [{ value: '3.5', currency: 'EUR' }], []]);
  });

  it('adds each currency by itself, and loses no digit', () => {
    const [sales] = summaries([sum('new', 'open', 1, '9007199254740993.01'), sum('new', 'open', 1, '0.02'), sum('new', 'open', 1, '7.125', 'KWD')], pipelines);
    expect(sales?.lines[0]?.amounts).toEqual([{ value: '9007199254740993.03', currency: 'EUR' }, { value: '7.125', currency: 'KWD' }]);
  });

  it('shows deals of stages and pipelines that the config does not have any more', () => {
    const all = summaries([sum('old', 'open', 4), sum('x', 'open', 5, '1', 'EUR', 'gone')], pipelines);
    expect(all.map(({ pipeline, known }) => [pipeline, known])).toEqual([['sales', true], ['gone', false]]);
    expect(all[0]?.lines.map(({ stage }) => stage)).toEqual(['New', 'In talks', 'old', undefined, undefined]);
    expect(all[1]?.lines[0]).toMatchObject({ stage: 'x', count: 5 });
  });
});
