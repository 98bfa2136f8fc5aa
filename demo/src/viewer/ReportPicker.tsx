import { Box, Text } from 'folds';
import { useId } from 'react';

import { ownerOf } from './episodes';
import type { ReportView } from './protocol';
import { moment } from './words';

type ReportPickerProps = { reports: ReportView[]; picked: ReportView; onPick: (id: string) => void };
/** With several reports: the one whose verdicts are shown. */
export function ReportPicker({ reports, picked, onPick }: ReportPickerProps) {
  const name = useId();
  if (reports.length < 2) return null;
  return (
    <Box alignItems="Center" gap="200" wrap="Wrap">
      <Text as="label" htmlFor={name} size="L400">
        Verdicts on the report of
      </Text>
      <select id={name} value={picked.id} style={{ maxWidth: '100%' }} onChange={(event) => onPick(event.target.value)}>
        {reports.map(({ id, report }) => (
          <option key={id} value={id}>
            {ownerOf(report).label}, {moment(Date.parse(report.generatedAt))} UTC
          </option>
        ))}
      </select>
    </Box>
  );
}
