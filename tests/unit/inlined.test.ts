import { afterEach, describe, expect, it, vi } from 'vitest';

import { bytesOf } from '../../pkg-glue/src/inlined';

const everyByte = Uint8Array.from({ length: 1027 }, (_, at) => at % 256);
const base64 = Buffer.from(everyByte).toString('base64');

/** What a browser that has it does. */
const fromBase64 = vi.fn((text: string) => Uint8Array.from(Buffer.from(text, 'base64')));

afterEach(() => {
  Reflect.deleteProperty(Uint8Array, 'fromBase64');
  fromBase64.mockClear();
});

describe('an inlined file has the bytes it had', () => {
  it('where the browser reads base64 into bytes', () => {
    Object.assign(Uint8Array, { fromBase64 });
    expect(bytesOf(base64)).toEqual(everyByte);
    expect(fromBase64).toHaveBeenCalledOnce();
  });

  it('where it does not', () => {
    expect(bytesOf(base64)).toEqual(everyByte);
    expect(fromBase64).not.toHaveBeenCalled();
  });
});
