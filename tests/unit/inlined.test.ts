import { afterEach, describe, expect, it, vi } from 'vitest';

import { bytesOf } from '../../pkg-glue/src/inlined';

const everyByte = Uint8Array.from({ length: 1027 }, (_, at) => at % 256);
const text = Array.from(everyByte, (code) => String.fromCharCode(code)).join('');

/** What a browser that has it does. */
const fromBase64 = vi.fn((base64: string) => Uint8Array.from(Buffer.from(base64, 'base64')));

afterEach(() => {
  Reflect.deleteProperty(Uint8Array, 'fromBase64');
  vi.unstubAllGlobals();
  fromBase64.mockClear();
});

describe('an inlined file has the bytes it had', () => {
  it('where the browser reads base64 into bytes', () => {
    Object.assign(Uint8Array, { fromBase64 });
    expect(bytesOf(text)).toEqual(everyByte);
    expect(fromBase64).toHaveBeenCalledOnce();
  });

  it('where it does not', () => {
    expect(bytesOf(text)).toEqual(everyByte);
    expect(fromBase64).not.toHaveBeenCalled();
  });

  it('where the page has put something else in its place', () => {
    Object.assign(Uint8Array, { fromBase64 });
    vi.stubGlobal('btoa', () => {
      throw new TypeError('no base64 here');
    });
    expect(bytesOf(text)).toEqual(everyByte);
  });
});
