import { Box, Button, Input, Text } from 'folds';
import { type FormEvent, useState } from 'react';

import { Card } from './Card';

export function LogLine() {
  const [level, setLevel] = useState<'warn' | 'error'>('warn');
  const [line, setLine] = useState('addCustomSubscription: x already exists as a custom subscription, ignoring.');
  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    console[level](line);
  };
  return (
    <Card title="A line of your own" about="Logged on this page's console; kept if it is a sign of a fault.">
      <Box as="form" direction="Column" gap="300" onSubmit={handleSubmit}>
        <Input
          aria-label="Line"
          size="400"
          variant="Background"
          outlined
          radii="300"
          value={line}
          onChange={(event: FormEvent<HTMLInputElement>) => setLine(event.currentTarget.value)}
        />
        <Box alignItems="Center" gap="400" wrap="Wrap">
          {(['warn', 'error'] as const).map((name) => (
            <label key={name} style={{ display: 'flex', gap: 4, alignItems: 'center' }}>
              <input type="radio" name="level" checked={level === name} onChange={() => setLevel(name)} />
              <Text as="span" size="T300">
                console.{name}
              </Text>
            </label>
          ))}
          <Button type="submit" size="300" variant="Secondary" radii="300">
            <Text as="span" size="B300">
              Log it
            </Text>
          </Button>
        </Box>
      </Box>
    </Card>
  );
}
