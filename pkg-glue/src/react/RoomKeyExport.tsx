import { Box, Button, config, Input, Spinner, Text } from 'folds';
import { type FormEvent, useId, useRef, useState } from 'react';

import { explain } from '../bounded';
import type { MatrixClientLike } from '../index';
import { exportRoomKeys } from '../recovery';
import { saveFile, timeForName } from '../save-file';
import type { RecoveryWords } from './words';

const SHORTEST_PASSPHRASE = 8;

export type RoomKeyExportProps = { mx: MatrixClientLike; words: RecoveryWords };

/** Saves this device's room keys to a file, encrypted with a passphrase. */
export function RoomKeyExport({ mx, words }: RoomKeyExportProps) {
  const fieldId = useId();
  const outcomeId = useId();
  const [passphrase, setPassphrase] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState('');
  const [isTooShort, setTooShort] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const isInvalid = isTooShort && passphrase.length < SHORTEST_PASSPHRASE;

  const handleSubmit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy) return;
    const isShort = passphrase.length < SHORTEST_PASSPHRASE;
    setTooShort(isShort);
    if (isShort) {
      setOutcome(words.shortPassphrase(SHORTEST_PASSPHRASE));
      input.current?.focus();
      return;
    }
    setBusy(true);
    try {
      const keys = await exportRoomKeys(mx, passphrase);
      const name = `room-keys-${timeForName()}.txt`;
      const isSaved = saveFile(name, keys, 'text/plain');
      setOutcome(isSaved ? words.exported(name) : words.notExported(''));
      // No longer needed, and must not stay readable in the page.
      if (isSaved) setPassphrase('');
    } catch (error) {
      setOutcome(words.notExported(explain(error)));
    } finally {
      setBusy(false);
    }
  };

  return (
    <form onSubmit={handleSubmit} style={{ display: 'grid', gap: config.space.S100 }}>
      <Text as="label" htmlFor={fieldId} size="L400">
        {words.passphrase}
      </Text>
      <Box gap="200" wrap="Wrap">
        <Input
          id={fieldId}
          ref={input}
          type="password"
          aria-invalid={isInvalid}
          aria-describedby={outcomeId}
          autoComplete="new-password"
          size="300"
          radii="300"
          variant={isInvalid ? 'Critical' : 'Secondary'}
          outlined
          value={passphrase}
          onChange={(event) => setPassphrase(event.currentTarget.value)}
          style={{ flex: '1 1 12rem', minWidth: 0 }}
        />
        <Button
          type="submit"
          size="300"
          radii="300"
          variant="Secondary"
          aria-disabled={isBusy}
          before={isBusy ? <Spinner size="100" variant="Secondary" /> : undefined}
        >
          <Text as="span" size="B300">
            {words.exportKeys}
          </Text>
        </Button>
      </Box>
      <Text as="output" size="T200" style={{ overflowWrap: 'anywhere' }}>
        <span id={outcomeId}>{outcome}</span>
      </Text>
    </form>
  );
}
