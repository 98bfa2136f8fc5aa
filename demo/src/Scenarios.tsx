import { Box, Button, config, ProgressBar, Text } from 'folds';
import { useEffect, useRef, useState } from 'react';

import { ActionButton } from './ActionButton';
import { Card } from './Card';
import { RECORDINGS, type Recording, replay } from './recordings';
import { useDevice } from './session';

const SPEEDS = [
  ['Real time', 1],
  ['10×', 10],
  ['At once', Number.POSITIVE_INFINITY],
] as const;

type Running = { name: string; done: number; of: number };

export function Scenarios() {
  const { mx } = useDevice();
  const [speed, setSpeed] = useState<number>(Number.POSITIVE_INFINITY);
  const [running, setRunning] = useState<Running>();
  const [outcome, setOutcome] = useState('');
  const abort = useRef<AbortController>();
  useEffect(() => () => abort.current?.abort(), []);

  const handleStop = () => abort.current?.abort();
  const handleReplay = async (recording: Recording) => {
    abort.current?.abort();
    const control = new AbortController();
    abort.current = control;
    setOutcome('');
    const handleProgress = (done: number, of: number) => {
      if (!control.signal.aborted) setRunning({ name: recording.name, done, of });
    };
    try {
      await replay(recording, String(mx.getDeviceId?.()), speed, control.signal, handleProgress);
      if (!control.signal.aborted) setOutcome(`${recording.name} was played to its end.`);
    } catch (error) {
      setOutcome(`${recording.name} could not be played: ${String(error)}`);
    }
    if (abort.current === control) setRunning(undefined);
  };

  return (
    <Card title="Recorded sessions" about="What real clients logged, played through the console of this page.">
      <Box as="fieldset" wrap="Wrap" gap="400" style={{ minWidth: 0 }}>
        <legend style={{ padding: 0, marginBottom: config.space.S100 }}>
          <Text as="span" size="L400">
            Speed
          </Text>
        </legend>
        {SPEEDS.map(([label, value]) => (
          <label key={label} style={{ display: 'flex', gap: config.space.S100, alignItems: 'center' }}>
            <input type="radio" name="speed" checked={speed === value} onChange={() => setSpeed(value)} />
            <Text as="span" size="T300">
              {label}
            </Text>
          </label>
        ))}
      </Box>
      <div>
        <Text as="output" size="T200">
          {outcome}
        </Text>
        {running && (
          <Box alignItems="Center" gap="200">
            <Box direction="Column" grow="Yes" gap="100">
              <Text size="T200">
                {running.name}: {running.done} of {running.of} lines
              </Text>
              <ProgressBar
                aria-label={`Playing ${running.name}`}
                as="div"
                size="300"
                variant="Primary"
                min={0}
                max={running.of}
                value={running.done}
              />
            </Box>
            <Button type="button" size="300" variant="Secondary" radii="300" onClick={handleStop}>
              <Text as="span" size="B300">
                Stop
              </Text>
            </Button>
          </Box>
        )}
      </div>
      <Box as="ul" direction="Column" gap="300" style={{ margin: 0, padding: 0, listStyle: 'none' }}>
        {RECORDINGS.map((recording) => (
          <Box key={recording.name} as="li" alignItems="Center" justifyContent="SpaceBetween" gap="200">
            <Box direction="Column" style={{ minWidth: 0 }}>
              <Text as="span" size="L400">
                {recording.name}
              </Text>
              <Text as="span" size="T200">
                {recording.about}
              </Text>
            </Box>
            <ActionButton words="Replay" label={`Replay ${recording.name}`} onClick={() => handleReplay(recording)} />
          </Box>
        ))}
      </Box>
    </Card>
  );
}
