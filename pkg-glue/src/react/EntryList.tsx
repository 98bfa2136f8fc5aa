import { Badge, Box, color, config, Text, toRem } from 'folds';
import { useId } from 'react';

import type { CryptoDiagEntry } from '../index';
import { localTime } from './time';
import { VisuallyHidden } from './VisuallyHidden';
import type { CryptoDiagWords } from './words';

export type EntryListProps = { entries: CryptoDiagEntry[]; shown: number; words: CryptoDiagWords };

/** The latest entries, most recent first; each can be opened to read its whole text. */
export function EntryList({ entries, shown, words }: EntryListProps) {
  const heading = useId();
  const latest = shown > 0 ? entries.slice(-shown).reverse() : [];
  const keys = keysOf(latest);
  return (
    <Box direction="Column" gap="200" style={{ minWidth: 0 }}>
      <Text as="h4" id={heading} size="L400">
        {words.latest}
      </Text>
      <Box
        as="ol"
        aria-labelledby={heading}
        direction="Column"
        gap="100"
        style={{ margin: 0, padding: 0, listStyle: 'none' }}
      >
        {latest.map((entry, index) => (
          <EntryItem key={keys[index]} entry={entry} words={words} />
        ))}
      </Box>
    </Box>
  );
}

/**
 * Unique React keys from fields of an entry that never change. React would log a duplicate key, evidence included, to
 * the watched console on every render.
 */
function keysOf(entries: CryptoDiagEntry[]): string[] {
  const occurrences = new Map<string, number>();
  return entries.map(({ firstTs, level, source, signature, message }) => {
    const key = JSON.stringify([firstTs, level, source, signature, message]);
    const before = occurrences.get(key) ?? 0;
    occurrences.set(key, before + 1);
    return `${key} ${before}`;
  });
}

type EntryItemProps = { entry: CryptoDiagEntry; words: CryptoDiagWords };
function EntryItem({ entry, words }: EntryItemProps) {
  return (
    <li style={{ minWidth: 0 }}>
      <details
        style={{
          backgroundColor: color.Surface.Container,
          color: color.Surface.OnContainer,
          borderRadius: config.radii.R300,
        }}
      >
        <summary
          style={{
            padding: config.space.S200,
            cursor: 'pointer',
            overflow: 'hidden',
            textOverflow: 'ellipsis',
            whiteSpace: 'nowrap',
          }}
        >
          <Text as="span" size="T200">
            <b>{entry.ke}</b>{' '}
            <time dateTime={entry.lastTs} title={entry.lastTs}>
              {localTime(new Date(entry.lastTs))}
            </time>{' '}
            {entry.count > 1 && (
              <Badge variant="Warning" fill="Soft" radii="300" size="400" style={{ display: 'inline-flex' }}>
                <Text as="span" size="L400" aria-hidden>
                  ×{entry.count}
                </Text>
                <VisuallyHidden>{words.times(entry.count)}</VisuallyHidden>
              </Badge>
            )}{' '}
            {entry.message}
          </Text>
        </summary>
        <section
          aria-label={words.wholeLine(entry.ke)}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard.
          tabIndex={0}
          style={{ padding: config.space.S200, maxHeight: toRem(240), overflow: 'auto' }}
        >
          <pre style={{ margin: 0, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', fontSize: toRem(12) }}>
            {entry.message}
          </pre>
        </section>
      </details>
    </li>
  );
}
