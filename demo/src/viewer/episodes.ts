// Which device had which fault, when, and for how long.
import type { CryptoDiagEntry, CryptoDiagReport, Fault } from 'lotus-crypto-diag';

import { FAULTS, isOrdinary, MARK_WORDS, visible } from './words';

/** The owner of lines on the time line: a device, or another tab of it. */
export type Owner = { key: string; userId: string | null; deviceId: string | null; label: string };

/** An entry with its place in time and in its report. */
export type Placed = { entry: CryptoDiagEntry; from: number; to: number; reportId: string; place: string };

/** A stretch of time in which a device had a fault. */
export type Episode = {
  key: string;
  owner: Owner;
  fault: Fault;
  /** True if the lines are no sign of a fault: media keys that arrived, or text that only resembles a fault. */
  isOrdinary: boolean;
  from: number;
  to: number;
  lines: number;
  /** More than one line in two minutes. */
  isDense: boolean;
  placed: Placed[];
};

/** A moment that a user marked, or at which the crypto store was lost. */
export type Moment = { key: string; owner: Owner; at: number; label: string };

export type Lane = { key: string; owner: Owner; fault: Fault; placed: Placed[] };

type Source = { id: string; report: CryptoDiagReport };

export function lanesOf(sources: Source[]): Lane[] {
  const lanes = new Map<string, Lane>();
  const seen = new Set<string>();
  const add = (owner: Owner, entry: CryptoDiagEntry, reportId: string, place: string) => {
    const from = Date.parse(entry.firstTs);
    const to = Math.max(from, Date.parse(entry.lastTs));
    // Two reports of the same page contain the same lines.
    const identity = `${owner.key} ${lineOf(entry)}`;
    if (seen.has(identity) || Number.isNaN(from) || Number.isNaN(to)) return;
    seen.add(identity);
    const key = `${owner.key} ${entry.ke}`;
    const lane = lanes.get(key) ?? { key, owner, fault: entry.ke, placed: [] };
    lanes.set(key, lane);
    lane.placed.push({ entry, from, to, reportId, place });
  };
  // Latest report first: it has the most complete version of an entry that grows.
  const openTabLines = new Set<string>();
  const latestFirst = [...sources].sort((a, b) => b.report.generatedAt.localeCompare(a.report.generatedAt));
  for (const { id, report } of latestFirst) {
    const owner = ownerOf(report);
    for (const [index, entry] of report.entries.entries()) add(owner, entry, id, `entries[${index}]`);
    for (const [nth, tab] of (report.tabs?.tabs ?? []).entries()) {
      if (tab.thisTab) continue;
      const other: Owner = {
        ...owner,
        key: `${owner.key} ${tab.id}`,
        label: `${owner.label}, tab ${visible(tab.id).slice(0, 4)}`,
      };
      for (const [index, entry] of tab.entries.entries()) {
        openTabLines.add(lineOf(entry));
        add(other, entry, id, `tabs.tabs[${nth}].entries[${index}]`);
      }
    }
    for (const [nth, page] of report.earlier.entries()) {
      for (const [index, entry] of page.entries.entries()) {
        // An open tab still stores its lines, and its report was asked for the latest version of them.
        if (page.end === 'open' && openTabLines.has(lineOf(entry))) continue;
        add(owner, entry, id, `earlier[${nth}].entries[${index}]`);
      }
    }
  }
  const order = (lane: Lane) => `${FAULTS.indexOf(lane.fault)} ${lane.owner.label}`;
  return [...lanes.values()].sort((a, b) => order(a).localeCompare(order(b)));
}

const lineOf = ({ ke, source, firstTs, message }: CryptoDiagEntry) => JSON.stringify([ke, source, firstTs, message]);

export function ownerOf({ userId, deviceId }: CryptoDiagReport): Owner {
  const label = `${visible(userId ?? 'somebody').slice(0, 80)} ${visible(deviceId ?? '').slice(0, 40)}`.trim();
  return { key: JSON.stringify([userId, deviceId]), userId, deviceId, label };
}

/** @param gapMs lines closer together than this belong to one episode */
export function episodesOf(lane: Lane, gapMs: number): Episode[] {
  const episodes: Episode[] = [];
  for (const ordinary of [false, true]) {
    const placed = lane.placed.filter(({ entry }) => isOrdinary(entry) === ordinary).sort((a, b) => a.from - b.from);
    let current: Episode | undefined;
    for (const item of placed) {
      if (!current || item.from - current.to > gapMs) {
        const key = `${lane.key} ${ordinary} ${item.from}`;
        const { owner, fault } = lane;
        current = {
          key,
          owner,
          fault,
          isOrdinary: ordinary,
          from: item.from,
          to: item.to,
          lines: 0,
          isDense: false,
          placed: [],
        };
        episodes.push(current);
      }
      current.to = Math.max(current.to, item.to);
      current.lines += item.entry.count;
      current.placed.push(item);
    }
  }
  for (const episode of episodes) {
    const minutes = (episode.to - episode.from) / 60_000;
    episode.isDense = episode.lines > 2 && episode.lines > minutes / 2;
  }
  return episodes.sort((a, b) => a.from - b.from);
}

export function momentsOf(sources: Source[]): Moment[] {
  const moments = new Map<string, Moment>();
  const add = (owner: Owner, time: string | null | undefined, label: string) => {
    const at = Date.parse(time ?? '');
    const key = `${owner.key} ${at} ${label}`;
    if (!Number.isNaN(at)) moments.set(key, { key, owner, at, label });
  };
  for (const { report } of sources) {
    const owner = ownerOf(report);
    for (const { captureSession, cryptoStore } of [report, ...report.earlier]) {
      for (const { ts, kind } of captureSession?.marks ?? []) add(owner, ts, MARK_WORDS[kind]);
      if (cryptoStore?.verdict === 'evicted') add(owner, cryptoStore.since, 'Crypto store found deleted');
      if (cryptoStore?.loss) add(owner, cryptoStore.loss.firstTs, 'Lost its connection to the crypto store');
      if (cryptoStore?.trouble) add(owner, cryptoStore.trouble.firstTs, 'Could not use the crypto store');
      if (cryptoStore?.verdict === 'identity-changed')
        add(owner, cryptoStore.since, 'Came back with new identity keys');
    }
  }
  return [...moments.values()].sort((a, b) => a.at - b.at);
}

export type Range = { from: number; to: number };

/** From the first line to the last, with a margin, and all page loads. */
export function fullRange(lanes: Lane[], moments: Moment[], loads: Range[] = []): Range | null {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const { placed } of lanes) {
    for (const item of placed) {
      from = Math.min(from, item.from);
      to = Math.max(to, item.to);
    }
  }
  for (const { at } of moments) {
    from = Math.min(from, at);
    to = Math.max(to, at);
  }
  if (from > to) return null;
  for (const load of loads) {
    from = Math.min(from, load.from);
    to = Math.max(to, load.to);
  }
  if (loads.length === 0) return padded({ from, to });
  // A margin proportional to the whole range could exceed everything that is shown, because breaks hide most of it.
  const room = Math.max(1000, loads.reduce((sum, load) => sum + load.to - load.from, 0) * 0.04);
  return { from: from - room, to: to + room };
}

export function padded({ from, to }: Range): Range {
  const room = Math.max((to - from) * 0.04, 5000);
  return { from: from - room, to: to + room };
}

const STEPS = [1, 5, 15, 30, 60, 300, 900, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86_400, 7 * 86_400, 30 * 86_400];

/** Round times within a range, at most `most` of them. */
export function ticksOf({ from, to }: Range, most: number): number[] {
  const seconds = (to - from) / 1000;
  const step = (STEPS.find((step) => seconds / step <= most) ?? seconds / most) * 1000;
  const ticks: number[] = [];
  for (let at = Math.ceil(from / step) * step; at < to && ticks.length <= most; at += step) ticks.push(at);
  return ticks;
}
