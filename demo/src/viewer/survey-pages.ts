// A survey may contain 50,000 devices: the page gets only the first in the requested order, and the story of one.
import type { DeviceTrouble, Survey } from 'lotus-crypto-diag/server-evidence';

import type { SurveyFacts, SurveyOrder, SurveyQuery, SurveyRow, SurveyRows } from './protocol';

/** More rows would be slow to draw; the filter and the export cover all of them. */
const MAX_ROWS = 200;

const text = (a: string | null | undefined, b: string | null | undefined) => (a ?? '').localeCompare(b ?? '');
const ORDERS: Record<Exclude<SurveyOrder, 'worst'>, (a: DeviceTrouble, b: DeviceTrouble) => number> = {
  user: (a, b) => text(a.userId, b.userId) || text(a.deviceId, b.deviceId),
  count: (a, b) => totalOf(b) - totalOf(a),
  first: (a, b) => text(a.firstTs, b.firstTs),
  last: (a, b) => text(b.lastTs, a.lastTs),
};

const totalOf = ({ troubles }: DeviceTrouble): number => troubles.reduce((sum, { count }) => sum + count, 0);

export const keyOf = ({ userId, deviceId }: Pick<DeviceTrouble, 'userId' | 'deviceId'>) =>
  JSON.stringify([userId, deviceId]);

/** The parts of a survey that the page asks for. */
export class SurveyPages {
  constructor(private readonly survey: Survey) {}

  facts(): SurveyFacts {
    const { devices, ...facts } = this.survey;
    return { ...facts, total: devices.length };
  }

  rows({ user, order }: SurveyQuery): SurveyRows {
    const wanted = user.trim().toLowerCase();
    const matching = this.survey.devices.filter(({ userId }) => (userId ?? '').toLowerCase().includes(wanted));
    if (order !== 'worst') matching.sort(ORDERS[order]);
    return { rows: matching.slice(0, MAX_ROWS).map(rowOf), matching: matching.length };
  }

  story(key: string): DeviceTrouble | null {
    return this.survey.devices.find((device) => keyOf(device) === key) ?? null;
  }
}

const rowOf = (device: DeviceTrouble): SurveyRow => {
  const { userId, deviceId, troubles, firstTs, lastTs, goingOn } = device;
  const names = troubles.map(({ name }) => name).join('; ');
  return { key: keyOf(device), userId, deviceId, names, count: totalOf(device), firstTs, lastTs, goingOn };
};
