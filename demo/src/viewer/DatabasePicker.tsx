import { Box, Text } from 'folds';
import type { RunbookQuery } from 'lotus-crypto-diag';
import { useId } from 'react';

export type ServerDatabase = Exclude<RunbookQuery['database'], 'any'>;

const NAMES: Record<ServerDatabase, string> = { postgres: 'PostgreSQL', sqlite: 'SQLite' };

type DatabasePickerProps = { database: ServerDatabase; onPick: (database: ServerDatabase) => void };
/** The homeserver's database: the SQL statements depend on it. */
export function DatabasePicker({ database, onPick }: DatabasePickerProps) {
  const name = useId();
  return (
    <Box alignItems="Center" gap="200" wrap="Wrap">
      <Text as="label" htmlFor={name} size="L400">
        Database of the homeserver
      </Text>
      <select id={name} value={database} onChange={(event) => onPick(event.target.value as ServerDatabase)}>
        {Object.entries(NAMES).map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </Box>
  );
}

export const isFor =
  (database: ServerDatabase) =>
  (query: RunbookQuery): boolean =>
    query.database === 'any' || query.database === database;
