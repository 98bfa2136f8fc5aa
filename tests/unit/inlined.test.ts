import { describe, expect, it } from 'vitest';

import { textOf } from '../../pkg-glue/inlined-wasm.mjs';
import { bytesOf } from '../../pkg-glue/src/inlined';

const everyByte = Uint8Array.from({ length: 1027 }, (_, at) => at % 256);

describe('an inlined file is decoded to its original bytes', () => {
  it.each([
    ['nothing', new Uint8Array()],
    ['one byte', Uint8Array.of(255)],
    ['every byte, as often as the others', everyByte],
    ['every byte, some of them rarely', Uint8Array.from([...everyByte, ...everyByte.map((byte) => byte >> 2)])],
    ['one byte over and over', new Uint8Array(5000).fill(7)],
  ])('%s', (_, bytes) => {
    expect(bytesOf(textOf(bytes))).toEqual(bytes);
  });

  it('the encoded text has no characters with a meaning in JavaScript strings or HTML', () => {
    expect(textOf(everyByte)).toMatch(/^[ !#%&(-;=-[\]-_a-~]+$/);
  });
});
