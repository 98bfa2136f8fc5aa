import { Box, Text } from 'folds';
import { useMemo, useState } from 'react';
import { ActionButton } from '../ActionButton';
import { Card } from '../Card';
import { CopyButton } from './CopyButton';
import { markdownOf } from './markdown';
import type { CaseModel, Copy, ReportView } from './protocol';
import { save } from './save';
import { TextBlock } from './TextBlock';

const stamp = (time: string) => time.replace(/\.\d+Z$/, 'Z').replace(/[^\dTZ-]/g, '-');

type ExportProps = { model: CaseModel; view: ReportView; onRedact: (id: string) => Promise<Copy> };
export function Export({ model, view, onRedact }: ExportProps) {
  const markdown = useMemo(() => markdownOf(model), [model]);
  const [saved, setSaved] = useState('');
  const [isRedacting, setRedacting] = useState(false);
  const handle = (name: string, text: string, type: string) => {
    save(name, text, type);
    setSaved(`Saved as ${name}`);
  };
  const handleMarkdown = () => handle('encryption-diagnosis.md', markdown, 'text/markdown');
  const handleRedacted = async () => {
    if (isRedacting) return;
    setRedacting(true);
    setSaved('Making the redacted copy…');
    const copy = await onRedact(view.id);
    setRedacting(false);
    if (copy.state === 'refused') {
      setSaved(`The redacted copy could not be made, and nothing was saved: ${copy.reason}`);
      return;
    }
    handle(`lotus-crypto-diag-${stamp(view.report.generatedAt)}-redacted.json`, copy.text, 'application/json');
  };
  return (
    <Card
      title="Export"
      about="A summary for a ticket, and a copy of the report without the ids of users, devices, rooms, events and servers: each is replaced by the same word everywhere. Public keys stay: they are the evidence. Names that are not ids stay, too: read the copy before you publish it."
    >
      <Box alignItems="Center" gap="200" wrap="Wrap">
        <CopyButton text={markdown} label="summary" words="Copy as Markdown" />
        {[['Save Markdown', handleMarkdown] as const, ['Save redacted report', handleRedacted] as const].map(
          ([words, handleClick]) => (
            <ActionButton key={words} words={words} onClick={() => void handleClick()} />
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
