import { Box } from 'folds';
import React, { type ComponentProps } from 'react';

import * as css from './style.css';

type SequenceCardProps = ComponentProps<typeof Box> & { variant?: 'SurfaceVariant'; outlined?: boolean };
export function SequenceCard({ variant: _, outlined = false, className = '', ...props }: SequenceCardProps) {
  return <Box {...props} className={`${css.Container} ${css.Card({ outlined })} ${className}`} />;
}
