import { Box, Text } from 'folds';
import React, { type ReactNode } from 'react';

type SettingTileProps = {
  title: ReactNode;
  description?: ReactNode;
  after?: ReactNode;
};
export function SettingTile({ title, description, after }: SettingTileProps) {
  return (
    <Box alignItems="Center" gap="300">
      <Box grow="Yes" direction="Column" gap="100">
        <Text size="T300">{title}</Text>
        {description && <Text size="T200">{description}</Text>}
      </Box>
      {after && <Box shrink="No">{after}</Box>}
    </Box>
  );
}
