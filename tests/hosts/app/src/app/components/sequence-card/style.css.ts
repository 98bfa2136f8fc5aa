import { style } from '@vanilla-extract/css';
import { recipe } from '@vanilla-extract/recipes';
import { color, config } from 'folds';

export const Container = style({
  backgroundColor: color.SurfaceVariant.Container,
  color: color.SurfaceVariant.OnContainer,
});

export const Card = recipe({
  base: { borderRadius: config.radii.R400 },
  variants: {
    outlined: { true: { border: `${config.borderWidth.B300} solid ${color.SurfaceVariant.ContainerLine}` } },
  },
});
