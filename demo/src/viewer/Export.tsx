import { Box, Button, Text } from 'folds';
import { useMemo, useState } from 'react';

import { Card } from '../Card';
import { CopyButton } from './CopyButton';
import { markdownOf } from './markdown';
import type { CaseModel, ReportView } from './protocol';
import { IdRedactor } from './redact-ids';
import { TextBlock } from './TextBlock';

/** Time for the browser to take the file over; after that the memory is given back. */
const REVOKE_AFTER_MS = 60_000;

function save(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_AFTER_MS);
}

const stamp = (time: string) => time.replace(/\.\d+Z$/, 'Z').replace(/[^\dTZ-]/g, '-');

type ExportProps = { model: CaseModel; view: ReportView };
export function Export({ model, view }: ExportProps) {
  const markdown = useMemo(() => markdownOf(model), [model]);
  const [saved, setSaved] = useState('');
  const handle = (name: string, text: string, type: string) => {
    save(name, text, type);
    setSaved(`Saved as ${name}`);
  };
  const handleMarkdown = () => handle('encryption-diagnosis.md', markdown, 'text/markdown');
  const handleRedacted = () => {
    const redacted = new IdRedactor().redact(view.report);
    const name = `lotus-crypto-diag-${stamp(view.report.generatedAt)}-redacted.json`;
    handle(name, `${JSON.stringify(redacted, null, 2)}\n`, 'application/json');
  };
  return (
    <Card
      title="Take it along"
      about="A summary for a ticket; and a copy of the report with every id of a user, device, room, event, server and key replaced, the same one by the same word everywhere."
    >
      <Box alignItems="Center" gap="200" wrap="Wrap">
        <CopyButton text={markdown} label="summary" words="Copy as Markdown" />
        {[['Save Markdown', handleMarkdown] as const, ['Save redacted report', handleRedacted] as const].map(
          ([words, handleClick]) => (
            <Button
              key={words}
              type="button"
              size="300"
              variant="Secondary"
              fill="Soft"
              outlined
              radii="300"
              onClick={handleClick}
            >
              <Text as="span" size="B300">
                {words}
              </Text>
            </Button>
          ),
        )}
      </Box>
      <Text as="output" size="T200">
        {saved}
      </Text>
      <details>
        <summary>
          <Text as="span" size="T300">
            The summary
          </Text>
        </summary>
        <TextBlock text={markdown} label="Summary in Markdown" />
      </details>
    </Card>
  );
}
