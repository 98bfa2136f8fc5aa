// Compiled with every module resolution that a host may use.
import 'lotus-crypto-diag/auto';
import { type CryptoDiagReport, collectCryptoDiagReport, type Fault, getCryptoDiagEntries } from 'lotus-crypto-diag';
import { diagnoseReport } from 'lotus-crypto-diag/diagnosis';
import { CryptoDiagnostics, type CryptoDiagnosticsProps } from 'lotus-crypto-diag/react';
import { cryptoDiagChunk } from 'lotus-crypto-diag/vite';

export const faults: Fault[] = getCryptoDiagEntries().map((entry) => entry.ke);
export const read = async (): Promise<CryptoDiagReport> => JSON.parse(await collectCryptoDiagReport(null));
export const summary = async (): Promise<string> => diagnoseReport(await read()).diagnosis.summary;
export const card: (props: CryptoDiagnosticsProps) => unknown = CryptoDiagnostics;

// @ts-expect-error: there is no such fault. Were the types not found, everything would be allowed.
export const wrong: Fault = 'KE-5';

export const plugin: { name: string; apply?: 'build' } = cryptoDiagChunk();
