import { Box, Button, color, config, Text } from 'folds';
import { buildCryptoDiagReport, type MatrixClientLike, type ReportExtras } from 'lotus-crypto-diag';
import { useCryptoDiagnostics } from 'lotus-crypto-diag/react';
import { useMemo, useState } from 'react';

import { Card } from './Card';

type ReportPreviewProps = { mx: MatrixClientLike; extras: ReportExtras };
export function ReportPreview({ mx, extras }: ReportPreviewProps) {
  const snapshot = useCryptoDiagnostics();
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new snapshot rebuilds the report.
  const report = useMemo(() => buildCryptoDiagReport(mx, extras), [snapshot, mx, extras]);
  const [copied, setCopied] = useState('');
  const handleCopy = async () => {
    try {
      await navigator.clipboard.writeText(report);
      setCopied('Copied');
    } catch {
      setCopied('The browser did not allow it: select the text and copy it by hand.');
    }
  };
  return (
    <Card title="The report, as it will be saved" about="What the administrator gets.">
      <Box alignItems="Center" gap="200" wrap="Wrap">
        <Button type="button" size="300" variant="Secondary" radii="300" onClick={handleCopy}>
          <Text as="span" size="B300">
            Copy
          </Text>
        </Button>
        <Text as="output" size="T200">
          {copied}
        </Text>
      </Box>
      <pre
        data-testid="report"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard.
        tabIndex={0}
        style={{
          margin: 0,
          padding: config.space.S200,
          maxHeight: '70vh',
          overflow: 'auto',
          whiteSpace: 'pre-wrap',
          overflowWrap: 'anywhere',
          fontSize: 12,
          backgroundColor: color.Surface.Container,
          color: color.Surface.OnContainer,
          borderRadius: config.radii.R300,
        }}
      >
        {report}
      </pre>
    </Card>
  );
}
