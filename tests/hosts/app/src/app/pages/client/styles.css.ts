import { style } from '@vanilla-extract/css';
import { color, config } from 'folds';

export const Layout = style({
  display: 'flex',
  flexDirection: 'column',
  flexGrow: 1,
  minHeight: 0,
  overflow: 'hidden',
  backgroundColor: color.Background.Container,
  color: color.Background.OnContainer,
});

export const TopBar = style({ padding: config.space.S200 });

export const Page = style({ display: 'flex', flexDirection: 'column', flexGrow: 1, minHeight: 0 });
