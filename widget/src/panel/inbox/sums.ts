import type { Amount, Deal, Pipeline } from '../forms';

/** What the deals of a stage come to that stand alike and are in one currency. */
export interface DealSum {
  readonly pipeline: string;
  readonly stage: string;
  readonly status: Deal['status'];
  /** Empty of deals without an amount. */
  readonly currency: string;
  readonly count: number;
  readonly amount: Amount | null;
}

/** Which deals are meant; those that are won or lost are of all stages. */
export interface Which {
  readonly pipeline: string;
  readonly stage?: string;
  readonly status: Deal['status'];
}

export interface Line {
  readonly which: Which;
  /** A stage's name; undefined of won and lost ones. */
  readonly stage: string | undefined;
  readonly count: number;
  /** One for each currency. */
  readonly amounts: readonly Amount[];
}

export interface Summary {
  readonly pipeline: string;
  readonly name: string;
  /** False for one that the config does not have any more. */
  readonly known: boolean;
  readonly lines: readonly Line[];
}

/** The summary of each pipeline: its stages in their order, then what was won and lost. */
export function summaries(sums: readonly DealSum[], pipelines: readonly Pipeline[]): Summary[] {
  const known = new Set(pipelines.map(({ id }) => id));
  const gone = [...new Set(sums.map(({ pipeline }) => pipeline).filter((id) => !known.has(id)))];
  return [
    ...pipelines.map((pipeline) => summary(pipeline, sums, true)),
    ...gone.map((id) => summary({ id, name: id, stages: [] }, sums, false)),
  ];
}

function summary({ id, name, stages }: Pipeline, sums: readonly DealSum[], known: boolean): Summary {
  const own = sums.filter(({ pipeline }) => pipeline === id);
  const open = own.filter(({ status }) => status === 'open');
  const configured = new Set(stages.map((stage) => stage.id));
  const gone = [...new Set(open.map(({ stage }) => stage).filter((stage) => !configured.has(stage)))];
  const line = (which: Which, stage: string | undefined, of: readonly DealSum[]): Line => ({
    which, stage, count: of.reduce((n, { count }) => n + count, 0), amounts: amounts(of),
  });
  return {
    pipeline: id,
    name,
    known,
    lines: [
      ...[...stages, ...gone.map((stage) => ({ id: stage, name: stage }))].map((stage) =>
        line({ pipeline: id, stage: stage.id, status: 'open' }, stage.name, open.filter((sum) => sum.stage === stage.id))),
      ...(['won', 'lost'] as const).map((status) => line({ pipeline: id, status }, undefined, own.filter((sum) => sum.status === status))),
    ],
  };
}

/** What sums come to in each currency. */
function amounts(sums: readonly DealSum[]): Amount[] {
  const of = new Map<string, string>();
  for (const { amount, currency } of sums) if (amount) of.set(currency, add(of.get(currency) ?? '0', amount.value));
  return [...of].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([currency, value]) => ({ value, currency }));
}

/** Currencies have no more places behind the point. */
const places = 4;

/** Adds decimal numbers without rounding. */
function add(a: string, b: string): string {
  const sum = String(scaled(a) + scaled(b)).padStart(places + 1, '0');
  return `${sum.slice(0, -places)}.${sum.slice(-places)}`.replace(/\.?0+$/, '');
}

function scaled(value: string): bigint {
  const [, whole = '0', part = ''] = /^(\d+)(?:\.(\d+))?$/.exec(value) ?? [];
  return BigInt(whole + part.slice(0, places).padEnd(places, '0'));
}
