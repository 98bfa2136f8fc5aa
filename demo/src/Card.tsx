import { Box, color, config, Text } from 'folds';
import { type CSSProperties, type ReactNode, useId } from 'react';

const STYLE: CSSProperties & { '--surface': string } = {
  '--surface': color.SurfaceVariant.Container,
  minWidth: 0,
  padding: config.space.S400,
  backgroundColor: color.SurfaceVariant.Container,
  color: color.SurfaceVariant.OnContainer,
  borderRadius: config.radii.R400,
};

type CardProps = { title: string; about: string; children: ReactNode };
export function Card({ title, about, children }: CardProps) {
  const heading = useId();
  return (
    <Box as="section" aria-labelledby={heading} direction="Column" gap="400" style={STYLE}>
      <Box direction="Column" gap="100">
        <Text as="h2" id={heading} size="L400">
          {title}
        </Text>
        <Text size="T200">{about}</Text>
      </Box>
      {children}
    </Box>
  );
}
