import type * as lib from 'lotus-crypto-diag';
import type * as auto from 'lotus-crypto-diag/auto';
import type * as diagnosis from 'lotus-crypto-diag/diagnosis';
import * as react from 'lotus-crypto-diag/react';
import type * as evidence from 'lotus-crypto-diag/server-evidence';
import type { MatrixClient } from 'matrix-js-sdk';
import type { FunctionComponent, ReactNode } from 'react';
import { expectTypeOf, it } from 'vitest';

type Undo = () => void;
type Client = lib.MatrixClientLike | null;

// The complete entry: a missing or an additional export does not compile.
it('the functions of the main entry have the documented types', () => {
  expectTypeOf<typeof lib>().toEqualTypeOf<{
    installCryptoDiagLog: () => Undo;
    getCryptoDiagEntries: () => lib.CryptoDiagEntry[];
    getCryptoDiagStatus: () => lib.CryptoDiagStatus;
    getSnapshot: () => lib.CryptoDiagSnapshot;
    subscribe: (listener: () => void) => Undo;
    buildCryptoDiagReport: (mx?: Client, extras?: lib.ReportExtras) => string;
    collectCryptoDiagReport: (mx?: Client, extras?: lib.ReportExtras) => Promise<string>;
    downloadCryptoDiagReport: (mx?: Client, extras?: lib.ReportExtras) => Promise<string>;
    checkCryptoStore: (
      target: lib.MatrixClientLike | lib.DeviceIds,
      options?: lib.CryptoStoreOptions,
    ) => Promise<lib.CryptoStoreStatus>;
    requestPersistentStorage: () => Promise<lib.StorageStatus>;
    refreshStorageStatus: () => Promise<lib.StorageStatus>;
    requestTabLeadership: (options?: lib.TabLeadershipOptions) => lib.TabLeadership;
    retryKeyUploads: () => void;
    repairOneTimeKeys: (mx?: Client) => Promise<lib.RepairStatus>;
    logOutDevice: (homeserver: string, accessToken: string) => Promise<void>;
    watchKeyUploads: (options?: lib.UploadWatchOptions) => Undo;
    watchFrame: (frame: HTMLIFrameElement) => Undo;
    watchLatency: () => Undo;
    getCryptoDiagnosis: (mx?: Client, extras?: lib.ReportExtras) => Promise<lib.Diagnosis | null>;
    keepEvidence: (on: boolean) => void;
    forgetEarlierEvidence: () => boolean;
    startCaptureSession: () => void;
    markFault: (kind: lib.MarkKind) => void;
    stopCaptureSession: () => void;
    isInCall: (mx?: object | null) => boolean;
    readonly fetchFn: typeof fetch;
  }>();
  expectTypeOf<lib.Fault>().toEqualTypeOf<'KE-1' | 'KE-2' | 'KE-3' | 'KE-4'>();
});

it('the functions of the diagnosis have the documented types, and auto has no exports', () => {
  expectTypeOf<typeof diagnosis>().toEqualTypeOf<{
    diagnoseReport: (report: lib.CryptoDiagReport | string, evidence?: lib.ServerEvidence) => lib.Analysis;
    redactedCopy: (report: lib.CryptoDiagReport | string, evidence?: lib.ServerEvidence) => lib.CryptoDiagReport;
    readRefusal: (text: string, httpStatus?: number) => lib.Refusal | null;
    redactSecrets: (text: string) => string;
    requestPath: (url: string) => string | null;
  }>();
  expectTypeOf<keyof typeof auto>().toBeNever();
});

it('server-evidence has the documented types', () => {
  expectTypeOf<keyof typeof evidence>().toEqualTypeOf<
    'devicesAtRiskQuery' | 'EvidenceFiles' | 'EvidenceReader' | 'UnreadableFile'
  >();
  expectTypeOf<evidence.EvidenceReader['push']>().toEqualTypeOf<(bytes: Uint8Array) => void>();
  expectTypeOf<evidence.EvidenceReader['finish']>().toEqualTypeOf<() => evidence.EvidenceFile>();
  expectTypeOf<ReturnType<evidence.EvidenceFiles['evidenceFor']>>().toEqualTypeOf<lib.ServerEvidence>();
});

it('the components require only the documented props', () => {
  expectTypeOf<keyof typeof react>().toEqualTypeOf<
    | 'CryptoDiagnostics'
    | 'CryptoDiagWordsProvider'
    | 'CryptoRecoveryPrompt'
    | 'CryptoStoreGate'
    | 'DiagnosisText'
    | 'OtherTabBanner'
    | 'TabGate'
    | 'useCryptoDiagnostics'
    | 'useTabLeadership'
    | 'ENGLISH'
    | 'ENGLISH_RECOVERY'
    | 'ENGLISH_STORE'
    | 'ENGLISH_TABS'
  >();
  // Each is a React component that requires only the props it cannot do without.
  expectTypeOf(react.CryptoDiagnostics).toExtend<FunctionComponent<react.CryptoDiagnosticsProps>>();
  expectTypeOf<Record<never, never>>().toExtend<react.CryptoDiagnosticsProps>();
  expectTypeOf(react.CryptoRecoveryPrompt).toExtend<FunctionComponent<react.CryptoRecoveryPromptProps>>();
  expectTypeOf<{ mx: MatrixClient; onLogout: () => Promise<void> }>().toExtend<react.CryptoRecoveryPromptProps>();
  expectTypeOf(react.DiagnosisText).toExtend<FunctionComponent<react.DiagnosisTextProps>>();
  expectTypeOf(react.OtherTabBanner).toExtend<FunctionComponent<react.OtherTabBannerProps>>();
  expectTypeOf<Record<never, never>>().toExtend<react.OtherTabBannerProps>();
  expectTypeOf(react.TabGate).toExtend<FunctionComponent<react.TabGateProps>>();
  expectTypeOf<{ children: ReactNode }>().toExtend<react.TabGateProps>();
  expectTypeOf(react.CryptoDiagWordsProvider).toExtend<FunctionComponent<react.CryptoDiagWordsProviderProps>>();
  expectTypeOf(react.useCryptoDiagnostics).toEqualTypeOf<() => lib.CryptoDiagSnapshot>();
  expectTypeOf(react.useTabLeadership).toEqualTypeOf<(options: lib.TabLeadershipOptions) => react.TabLeadershipState>();
});

it("the SDK's MatrixClient is accepted without a cast", () => {
  expectTypeOf<MatrixClient>().toExtend<lib.MatrixClientLike>();
  expectTypeOf<undefined>().toExtend<Parameters<typeof lib.buildCryptoDiagReport>[0]>();
});

it('the kind of a detail narrows its type', () => {
  const { detail } = {} as lib.CryptoDiagEntry;
  if (detail.kind === 'refusal') expectTypeOf(detail.keyId).toBeString();
  // @ts-expect-error: a clue names no key
  if (detail.kind === 'clue') detail.keyId;
});
