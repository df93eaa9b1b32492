import type { Measurement } from '@bus/core';
import type { ReliableReport } from './api.ts';
import type { Counts } from './context.ts';
import type { DeadLetterStore } from './dead-letter-store.ts';
import type { Publications } from './publications.ts';
import type { StandIns } from './stand-ins.ts';

/** What `bus.inspect()` shows. */
export function reportOf(
  { acknowledged, resent, retries, duplicates }: Counts,
  { pending }: Publications,
  { count: deadLetters, dropped: droppedLetters }: DeadLetterStore,
  { count: standIns }: StandIns,
): ReliableReport {
  return {
    pending,
    acknowledged,
    resent,
    retries,
    duplicates,
    deadLetters,
    droppedLetters,
    standIns,
  };
}

const figures: Readonly<Record<keyof ReliableReport, Omit<Measurement, 'value'>>> = {
  pending: {
    name: 'reliable_pending',
    help: 'Published messages that not all subscribers have acknowledged.',
    kind: 'gauge',
  },
  acknowledged: {
    name: 'reliable_acknowledged',
    help: 'Published messages that all subscribers have acknowledged.',
    kind: 'counter',
  },
  resent: {
    name: 'reliable_resent',
    help: 'Times a published message was sent again.',
    kind: 'counter',
  },
  retries: {
    name: 'reliable_retries',
    help: 'Times a listener was called again with a message.',
    kind: 'counter',
  },
  duplicates: {
    name: 'reliable_duplicates',
    help: 'Messages that a subscription had had before.',
    kind: 'counter',
  },
  deadLetters: {
    name: 'reliable_dead_letters',
    help: 'Messages that were given up and are kept.',
    kind: 'gauge',
  },
  droppedLetters: {
    name: 'reliable_dead_letters_dropped',
    help: 'Dead letters that had to go for newer ones.',
    kind: 'counter',
  },
  standIns: {
    name: 'reliable_stand_ins',
    help: 'Lost subscribers that are waited for.',
    kind: 'gauge',
  },
};

/** The same for whoever exports figures. */
export function measurementsOf(report: ReliableReport): readonly Measurement[] {
  return Object.entries(figures).map(([count, figure]) => ({
    ...figure,
    value: report[count as keyof ReliableReport],
  }));
}
