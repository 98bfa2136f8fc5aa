import { style } from '@vanilla-extract/css';
import { toRem } from 'folds';

export const Frame = style({ border: 'none', flexShrink: 0, width: '100%', height: toRem(160) });
