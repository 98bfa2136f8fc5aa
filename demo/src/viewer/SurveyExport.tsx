import { Box, Text } from 'folds';
import type { SurveyFormat } from 'lotus-crypto-diag/server-evidence';
import { useState } from 'react';

import { ActionButton } from '../ActionButton';
import type { Copy } from './protocol';
import { save } from './save';

const FORMATS: [format: SurveyFormat, words: string, name: string, type: string][] = [
  ['csv', 'Save CSV', 'devices-in-trouble.csv', 'text/csv'],
  ['markdown', 'Save Markdown', 'devices-in-trouble.md', 'text/markdown'],
  ['redacted', 'Save redacted copy', 'devices-in-trouble-redacted.json', 'application/json'],
];

export function SurveyExport({ onExport }: { onExport: (format: SurveyFormat) => Promise<Copy> }) {
  const [message, setMessage] = useState('');
  const handle = async (format: SurveyFormat, name: string, type: string) => {
    const copy = await onExport(format);
    if (copy.state === 'made') save(name, copy.text, type);
    setMessage(copy.state === 'made' ? `Saved as ${name}` : `Nothing was saved: ${copy.reason}`);
  };
  return (
    <Box direction="Column" gap="100">
      <Box as="fieldset" gap="200" wrap="Wrap" className="bare" aria-label="Export of the devices in trouble">
        {FORMATS.map(([format, words, name, type]) => (
          <ActionButton key={format} words={words} onClick={() => void handle(format, name, type)} />
        ))}
      </Box>
      <Text as="output" size="T200">
        {message}
      </Text>
    </Box>
  );
}
