import { atLeast, checkOptions, oneOf, optionInvalid } from '@bus/core';
import type { AlertLimits } from './alerts.ts';
import type { AlertRules, MetricsOptions } from './api.ts';

/** The options of `metrics`, checked, with their defaults. */
export interface Settings {
  readonly timing: 'sampled' | 'every';
  /** How many are told apart. */
  readonly series: number;
  readonly alerts: { readonly limits: AlertLimits; readonly intervalMs: number } | undefined;
  readonly meter: MetricsOptions['meter'];
}

const never = Number.POSITIVE_INFINITY;
const defaults: AlertLimits = {
  slowHandlerMs: never,
  queueShare: 0.8,
  lost: 0,
  errorRatio: 0.5,
  loopLagMs: 200,
};

/** @throws BUS_OPTION_INVALID */
export function settingsOf(options: MetricsOptions): Settings {
  checkOptions('metrics', options, ['timing', 'series', 'alerts', 'meter']);
  const { timing = 'sampled', series = 1000, alerts = {}, meter } = options;
  if (!Number.isInteger(series) || series < 1) {
    throw optionInvalid('series', series, 'a whole number of at least 1');
  }
  if (meter !== undefined && typeof meter?.createObservableCounter !== 'function') {
    throw optionInvalid('meter', meter, 'a meter of OpenTelemetry');
  }
  return {
    timing: oneOf(['sampled', 'every'], 'timing', timing),
    series,
    alerts: alertsOf(alerts),
    meter,
  };
}

function alertsOf(alerts: NonNullable<MetricsOptions['alerts']>): Settings['alerts'] {
  if (alerts === false) return undefined;
  if (typeof alerts !== 'object' || alerts === null) {
    throw optionInvalid('alerts', alerts, 'an object with limits, or false');
  }
  checkOptions('alerts', alerts, ['intervalMs', ...Object.keys(defaults)]);
  const { intervalMs = 1000 } = alerts;
  if (typeof intervalMs !== 'number' || !(intervalMs >= 1 && intervalMs < never)) {
    throw optionInvalid('alerts.intervalMs', intervalMs, 'a number of milliseconds of at least 1');
  }
  const limit = (rule: keyof AlertRules): number =>
    atLeast(0, `alerts.${rule}`, alerts[rule] ?? defaults[rule]);
  const limits = {
    slowHandlerMs: limit('slowHandlerMs'),
    queueShare: limit('queueShare'),
    lost: limit('lost'),
    errorRatio: limit('errorRatio'),
    loopLagMs: limit('loopLagMs'),
  };
  return { limits, intervalMs };
}
