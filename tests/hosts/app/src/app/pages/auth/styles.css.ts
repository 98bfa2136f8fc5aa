import { style } from '@vanilla-extract/css';
import { config, toRem } from 'folds';

export const Form = style({ maxWidth: toRem(360), margin: '0 auto', padding: config.space.S400 });
