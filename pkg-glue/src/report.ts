import { explain, NoAnswer, within } from './bounded';
import { isoNow } from './clock';
import { core } from './core';
import { checkCryptoStore } from './crypto-store';
import { loadDiagnosis, withDiagnosis } from './diagnose-later';
import type {
  CaptureStatus,
  ClientFacts,
  Diagnosis,
  Environment,
  Report,
  StorageStatus,
  StoredEvent,
  Tabs,
} from './generated/model';
import { type CryptoApiLike, cryptoOf, type MatrixClientLike } from './matrix-client';
import { fetchStoredEvents } from './stored-events';

/** What only the host knows. */
export interface ReportExtras {
  /** Version of matrix-js-sdk: it does not tell it at run time. */
  sdkVersion?: string;
  /** Name and version of the app: `Lotus 4.11.1`. */
  app?: string;
  /** Anything worth telling the reader. */
  notes?: string[];
  /**
   * Whether a report that is collected may have the SDK fetch events that could not be read, at most five: whether they are
   * malformed on the homeserver, their copy there decides. These are requests of the SDK's own, in the user's name.
   * `false` unless given.
   */
  fetchEvents?: boolean;
}

/**
 * What is known now, as JSON. `mx` may be missing or half-initialised. The diagnosis is in it once it was loaded: with the
 * first report that was collected.
 */
export function buildCryptoDiagReport(mx?: MatrixClientLike | null, extras?: ReportExtras): string {
  return toJson(withDiagnosis(write(new Interview(extras).about(mx))));
}

/**
 * The same, after asking the SDK and the browser what they only tell asynchronously. Never rejects; takes a few seconds
 * at most.
 */
export async function collectCryptoDiagReport(mx?: MatrixClientLike | null, extras?: ReportExtras): Promise<string> {
  const interview = new Interview(extras);
  const facts = interview.about(mx);
  const [trouble, events] = await Promise.all([
    loadDiagnosis(),
    interview.aboutEvents(mx),
    interview.aboutCrypto(mx),
    core().storage.refresh(),
    core().tabs.call(),
    mx && checkCryptoStore(mx),
  ]);
  return toJson(withDiagnosis(write({ ...facts, storage: core().storage.status() }), trouble, { events }));
}

/**
 * What the evidence says now: the runbook's verdicts. `null` where the module that judges could not be loaded. Never
 * rejects.
 */
export async function getCryptoDiagnosis(
  mx?: MatrixClientLike | null,
  extras?: ReportExtras,
): Promise<Diagnosis | null> {
  await loadDiagnosis();
  return withDiagnosis(write(new Interview(extras).about(mx))).diagnosis;
}

/** What is found out when a report is asked for. */
interface HostFacts {
  status: CaptureStatus;
  client: ClientFacts;
  storage: StorageStatus | null;
  environment: Environment;
  notes: string[];
  blindSpots: string[];
}

function write(facts: HostFacts): Report {
  const { evidence, stores, tabs, latency, capturingSince } = core();
  const roll = tabs.status();
  const told = redacted({ ...facts, roll });
  const { userId, deviceId } = facts.client;
  const known = evidence();
  const cryptoStore = stores.status(userId ?? undefined, deviceId ?? undefined);
  return {
    schema: 'lotus-crypto-diag/1',
    generatedAt: isoNow(),
    capturingSince: capturingSince(),
    status: told.status,
    ...told.client,
    counts: known.counts,
    entries: known.entries,
    storage: told.storage,
    cryptoStore: cryptoStore === undefined ? known.cryptoStore : cryptoStore,
    uploadLoop: known.uploadLoop,
    environment: told.environment,
    notes: told.notes,
    blindSpots: told.blindSpots,
    tabs: roll && { ...roll, ...told.roll },
    latency: latency.status(),
    captureSession: known.captureSession,
    repair: known.repair,
    diagnosis: null,
    runbook: null,
  };
}

/** What a host or an exception may have put into words. */
interface Words extends HostFacts {
  roll: Pick<Tabs, 'session' | 'error'> | null;
}

/** Whatever the host or an exception of it put into words may hold a secret. */
function redacted({ roll, ...facts }: Words): Words {
  const { redact } = core();
  let isRunning = true;
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') {
      const text = redact(value);
      isRunning &&= text !== undefined;
      return text;
    }
    if (Array.isArray(value)) return value.map(clean);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, clean(field)]));
  };
  const words = roll && { session: roll.session, error: roll.error };
  const told = clean({ ...facts, roll: words }) as Words;
  if (isRunning) return told;
  // The redaction is a part of what does not run.
  return {
    ...facts,
    client: { ...facts.client, sdkVersion: null },
    storage: facts.storage && { ...facts.storage, error: null },
    environment: { ...facts.environment, app: null },
    roll: words && { ...words, session: null },
    notes: ['the diagnostics do not run (see status): notes of the host are left out, and entries may be missing'],
  };
}

const toJson = (report: Report): string => `${JSON.stringify(report, null, 2)}\n`;

const isString = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => Number.isInteger(value);
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const isMissing = (value: unknown): value is null | undefined => value === null || value === undefined;

function locationOf({ location }: Partial<typeof globalThis>): string | undefined {
  return location && `${location.origin}${location.pathname}`;
}

/** Puts questions to the host; whatever it answers, there is a fact or a note. */
class Interview {
  private readonly notes: string[] = [];
  private readonly client: ClientFacts = {
    sdkVersion: null,
    cryptoVersion: null,
    userId: null,
    deviceId: null,
    syncState: null,
    cryptoReady: null,
    ed25519Key: null,
    curve25519Key: null,
    keyBackupVersion: null,
    crossSigningReady: null,
  };
  private app: string | null = null;
  private readonly mayFetchEvents: boolean;

  constructor(extras: ReportExtras | undefined) {
    this.app = this.given('app', extras);
    this.client.sdkVersion = this.given('sdkVersion', extras);
    this.mayFetchEvents = this.ask('extras.fetchEvents', () => extras?.fetchEvents, isBoolean) === true;
    const notes = this.ask('extras.notes', () => extras?.notes, Array.isArray);
    this.notes.push(...(notes ?? []).filter(isString));
  }

  about(mx: MatrixClientLike | null | undefined): HostFacts {
    const { client, notes } = this;
    if (isMissing(mx)) {
      notes.push('no Matrix client was given: nothing is known of user, device and encryption');
    } else {
      client.userId = this.ask('getUserId()', () => mx.getUserId?.(), isString);
      client.deviceId = this.ask('getDeviceId()', () => mx.getDeviceId?.(), isString);
      client.syncState = this.ask('getSyncState()', () => mx.getSyncState?.(), isString);
      client.cryptoReady = this.ask('getCrypto()', () => mx.getCrypto && !isMissing(mx.getCrypto()), isBoolean);
      client.cryptoVersion = this.ask('getCrypto().getVersion()', () => cryptoOf(mx)?.getVersion?.(), isString);
    }
    const { status, storage, frames } = core();
    return {
      status: status(),
      client,
      storage: storage.status(),
      environment: this.environment(),
      notes,
      blindSpots: frames.blindSpots(),
    };
  }

  async aboutCrypto(mx: MatrixClientLike | null | undefined): Promise<void> {
    const { client } = this;
    const isCrypto = (value: unknown): value is CryptoApiLike => typeof value === 'object';
    const crypto = isMissing(mx) ? null : this.ask('getCrypto()', () => cryptoOf(mx), isCrypto);
    if (!crypto) return;
    const isKeys = (value: unknown): value is { ed25519?: unknown; curve25519?: unknown } => typeof value === 'object';
    const [keys, backup, crossSigning] = await Promise.all([
      this.askLater('getOwnDeviceKeys()', () => crypto.getOwnDeviceKeys?.(), isKeys),
      this.askLater('getActiveSessionBackupVersion()', () => crypto.getActiveSessionBackupVersion?.(), isString),
      this.askLater('isCrossSigningReady()', () => crypto.isCrossSigningReady?.(), isBoolean),
    ]);
    client.ed25519Key = this.ask('getOwnDeviceKeys().ed25519', () => keys?.ed25519, isString);
    client.curve25519Key = this.ask('getOwnDeviceKeys().curve25519', () => keys?.curve25519, isString);
    client.keyBackupVersion = backup;
    client.crossSigningReady = crossSigning;
  }

  /** `null`: it was not asked. */
  async aboutEvents(mx: MatrixClientLike | null | undefined): Promise<StoredEvent[] | null> {
    if (!this.mayFetchEvents || isMissing(mx)) return null;
    return fetchStoredEvents(mx, core().evidence().entries, this.notes);
  }

  private environment(): Environment {
    const page = globalThis as Partial<typeof globalThis>;
    return {
      app: this.app,
      userAgent: this.ask('navigator.userAgent', () => page.navigator?.userAgent, isString),
      // No query and no fragment: they may carry a login token.
      url: this.ask('location', () => locationOf(page), isString),
      online: this.ask('navigator.onLine', () => page.navigator?.onLine, isBoolean),
      visibility: this.ask('document.visibilityState', () => page.document?.visibilityState, isString),
      utcOffsetMinutes: this.ask('the time zone', () => -new Date().getTimezoneOffset(), isNumber),
    };
  }

  /** What only the app can say. */
  private given(name: 'app' | 'sdkVersion', extras: ReportExtras | undefined): string | null {
    const before = this.notes.length;
    const value = this.ask(`extras.${name}`, () => extras?.[name], isString);
    if (value === null && this.notes.length === before) this.notes.push(`extras.${name} was not given by the app`);
    return value;
  }

  private ask<T>(question: string, answer: () => unknown, fits: (value: unknown) => value is T): T | null {
    try {
      const value = answer();
      if (isMissing(value)) return null;
      if (fits(value)) return value;
      this.notes.push(`${question} gave something unexpected (${typeof value})`);
    } catch (error) {
      this.notes.push(`${question} threw: ${explain(error)}`);
    }
    return null;
  }

  private async askLater<T>(
    question: string,
    answer: () => unknown,
    fits: (value: unknown) => value is T,
  ): Promise<T | null> {
    try {
      const value = await within(question, answer);
      return this.ask(question, () => value, fits);
    } catch (error) {
      this.notes.push(error instanceof NoAnswer ? error.message : `${question} threw: ${explain(error)}`);
      return null;
    }
  }
}
