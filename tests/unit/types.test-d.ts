import * as lib from 'lotus-crypto-diag';
import type { MatrixClient } from 'matrix-js-sdk';
import { expectTypeOf, it } from 'vitest';

it('the public functions have the types that are promised', () => {
  expectTypeOf(lib.installCryptoDiagLog).toEqualTypeOf<() => () => void>();
  expectTypeOf(lib.getCryptoDiagEntries).returns.toEqualTypeOf<lib.CryptoDiagEntry[]>();
  expectTypeOf(lib.getCryptoDiagStatus).returns.toEqualTypeOf<lib.CryptoDiagStatus>();
  expectTypeOf(lib.buildCryptoDiagReport).returns.toBeString();
  expectTypeOf(lib.collectCryptoDiagReport).returns.resolves.toBeString();
  expectTypeOf(lib.downloadCryptoDiagReport).returns.resolves.toBeString();
  expectTypeOf(lib.subscribe).returns.toEqualTypeOf<() => void>();
  expectTypeOf(lib.getSnapshot).returns.toEqualTypeOf<lib.CryptoDiagSnapshot>();
  expectTypeOf<lib.Fault>().toEqualTypeOf<'KE-1' | 'KE-2' | 'KE-3' | 'KE-4'>();
});

it('a client of the SDK is accepted as it is', () => {
  expectTypeOf<MatrixClient>().toExtend<lib.MatrixClientLike>();
  expectTypeOf<undefined>().toExtend<Parameters<typeof lib.buildCryptoDiagReport>[0]>();
});

it('the kind of a detail tells which fields it has', () => {
  const { detail } = {} as lib.CryptoDiagEntry;
  if (detail.kind === 'refusal') expectTypeOf(detail.keyId).toBeString();
  // @ts-expect-error: a clue names no key
  if (detail.kind === 'clue') detail.keyId;
});
