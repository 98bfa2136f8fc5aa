import { Box, Button, color, config, ProgressBar, Text } from 'folds';
import { DiagnosisText } from 'lotus-crypto-diag/react';
import { type ChangeEvent, type DragEvent, useEffect, useId, useRef, useState } from 'react';

import { Card } from '../Card';
import type { Dropped } from './useCaseFile';
import { bytes, visible } from './words';

type FilesProps = {
  files: Dropped[];
  failure: string;
  onRead: (files: File[]) => void;
  onCancel: (id: string) => void;
  onRemove: (id: string) => void;
  onShift: (id: string, minutes: number) => void;
};
export function Files({ files, failure, onRead, onCancel, onRemove, onShift }: FilesProps) {
  return (
    <Card
      title="Files"
      about="Reports of one person or of all in a call, a HAR file, a slice of homeserver.log, answers to the runbook's queries. They are read in this browser; nothing is uploaded."
    >
      <DropZone isSmall={files.length > 0} onRead={onRead} />
      {failure && (
        <Text as="p" role="alert" size="T300">
          This browser cannot read files here: <DiagnosisText>{failure}</DiagnosisText>
        </Text>
      )}
      {files.length > 0 && (
        <ul className="plain-list" aria-label="Dropped files">
          {files.map((file) => (
            <FileItem key={file.id} file={file} onCancel={onCancel} onRemove={onRemove} onShift={onShift} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function DropZone({ isSmall, onRead }: { isSmall: boolean } & Pick<FilesProps, 'onRead'>) {
  const [isOver, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);

  useEffect(() => {
    // Without this, a file dropped beside the field would replace the page.
    const handleMissed = (event: globalThis.DragEvent) => event.preventDefault();
    addEventListener('dragover', handleMissed);
    addEventListener('drop', handleMissed);
    return () => {
      removeEventListener('dragover', handleMissed);
      removeEventListener('drop', handleMissed);
    };
  }, []);

  const handleDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const dropped = [...event.dataTransfer.files];
    if (dropped.length > 0) onRead(dropped);
  };
  const handleOver = (event: DragEvent) => {
    event.preventDefault();
    setOver(true);
  };
  const handlePick = (event: ChangeEvent<HTMLInputElement>) => {
    onRead([...(event.currentTarget.files ?? [])]);
    // Allows picking the same file again.
    event.currentTarget.value = '';
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping needs a mouse; the button inside does not.
    <div
      className={['drop', isOver && 'over', isSmall && 'small'].filter(Boolean).join(' ')}
      data-testid="drop"
      onDragOver={handleOver}
      onDragLeave={() => setOver(false)}
      onDrop={handleDrop}
    >
      <Text as="p" size="T300" style={{ margin: 0 }}>
        Drop files here, or
      </Text>
      <Button type="button" size="400" variant="Primary" radii="300" onClick={() => input.current?.click()}>
        <Text as="span" size="B400">
          Choose files
        </Text>
      </Button>
      <input ref={input} type="file" multiple hidden aria-label="Files to read" onChange={handlePick} />
    </div>
  );
}

const STATE_WORDS = { read: '', refused: 'Not used: ', cancelled: 'Cancelled.' };

type FileItemProps = { file: Dropped } & Pick<FilesProps, 'onCancel' | 'onRemove' | 'onShift'>;
function FileItem({ file, onCancel, onRemove, onShift }: FileItemProps) {
  const { id, name, size, bytes: done, outcome } = file;
  const label = visible(name);
  const isRefused = outcome?.state === 'refused';
  return (
    <li
      data-testid="file"
      style={{
        padding: config.space.S200,
        backgroundColor: isRefused ? color.Critical.Container : color.Surface.Container,
        color: isRefused ? color.Critical.OnContainer : color.Surface.OnContainer,
        borderRadius: config.radii.R300,
      }}
    >
      <Box alignItems="Start" justifyContent="SpaceBetween" gap="200">
        <Box direction="Column" grow="Yes" gap="100" style={{ minWidth: 0, overflowWrap: 'anywhere' }}>
          <Text as="span" size="L400">
            {label} ({bytes(size)})
          </Text>
          {!outcome && (
            <>
              <Text as="span" size="T200">
                {done === 0 ? 'Waiting…' : `Read: ${bytes(done)} of ${bytes(size)}`}
              </Text>
              <ProgressBar
                as="div"
                aria-label={`Reading ${label}`}
                size="300"
                variant="Primary"
                min={0}
                max={Math.max(size, 1)}
                value={Math.min(done, size)}
              />
            </>
          )}
          <Text as="output" size="T200">
            {outcome && STATE_WORDS[outcome.state]}
            {outcome?.state === 'read' && outcome.summary}
            {outcome?.state === 'refused' && <DiagnosisText>{visible(outcome.reason)}</DiagnosisText>}
          </Text>
          {outcome?.state === 'read' &&
            outcome.notes.map((note) => (
              <Text key={note} as="span" size="T200">
                <DiagnosisText>{visible(note)}</DiagnosisText>
              </Text>
            ))}
          {outcome?.state === 'read' && outcome.kind === 'log' && <LogZone file={file} onShift={onShift} />}
        </Box>
        <Button
          type="button"
          size="300"
          variant="Secondary"
          fill="Soft"
          radii="300"
          style={{ flexShrink: 0 }}
          aria-label={`${outcome ? 'Remove' : 'Cancel'} ${label}`}
          onClick={() => (outcome ? onRemove(id) : onCancel(id))}
        >
          <Text as="span" size="B300">
            {outcome ? 'Remove' : 'Cancel'}
          </Text>
        </Button>
      </Box>
    </li>
  );
}

const QUARTERS = Array.from({ length: (12 + 14) * 4 + 1 }, (_, index) => (index - 12 * 4) * 15);

/** Synapse writes its log in the machine's time zone, without naming it. */
function LogZone({ file, onShift }: { file: Dropped; onShift: FilesProps['onShift'] }) {
  const name = useId();
  return (
    <Box alignItems="Center" gap="200" wrap="Wrap">
      <Text as="label" htmlFor={name} size="T200">
        Clock of this log
      </Text>
      <select id={name} value={file.offsetMinutes} onChange={(event) => onShift(file.id, Number(event.target.value))}>
        {QUARTERS.map((minutes) => (
          <option key={minutes} value={minutes}>
            {zone(minutes)}
          </option>
        ))}
      </select>
    </Box>
  );
}

function zone(minutes: number): string {
  if (minutes === 0) return 'UTC';
  const size = Math.abs(minutes);
  const hours = String(Math.floor(size / 60)).padStart(2, '0');
  return `UTC${minutes < 0 ? '−' : '+'}${hours}:${String(size % 60).padStart(2, '0')}`;
}
