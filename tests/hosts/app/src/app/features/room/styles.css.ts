import { style } from '@vanilla-extract/css';
import { config } from 'folds';

export const Timeline = style({
  flexGrow: 1,
  minHeight: 0,
  margin: 0,
  padding: config.space.S200,
  overflow: 'auto',
  listStyle: 'none',
});

export const Composer = style({ display: 'flex', flexShrink: 0, gap: config.space.S200, padding: config.space.S200 });
