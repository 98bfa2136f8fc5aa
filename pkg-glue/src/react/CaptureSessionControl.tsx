import { Box, Button, color, config, Text, toRem } from 'folds';
import { useId, useState } from 'react';

import { saveReport } from '../download';
import {
  type Artefact,
  type CaptureSession,
  type MarkKind,
  type MatrixClientLike,
  markFault,
  type ReportExtras,
  startCaptureSession,
  stopCaptureSession,
} from '../index';
import { DiagnosisText } from './DiagnosisText';
import { localTime } from './time';
import type { CryptoDiagWords } from './words';

/** In the order of the buttons. */
const MARK_KINDS: readonly MarkKind[] = ['sound-cut', 'picture-frozen', 'cannot-read-message', 'other'];

export type CaptureSessionControlProps = {
  session: CaptureSession | null;
  /** Which items of the runbook's checklist the report contains; `undefined` if unknown. */
  artefacts: Artefact[] | undefined;
  mx: MatrixClientLike | null;
  extras: ReportExtras;
  words: CryptoDiagWords;
};

/** For a user who is about to reproduce a fault: start, mark each occurrence with one tap, stop and download. */
export function CaptureSessionControl({ session, artefacts, mx, extras, words }: CaptureSessionControlProps) {
  const heading = useId();
  const [message, setMessage] = useState('');
  const text = words.session;
  const isRunning = session !== null && session.stoppedAt === null;

  const handleStart = () => {
    startCaptureSession();
    setMessage('');
  };
  const handleMark = (kind: MarkKind) => {
    markFault(kind);
    setMessage(text.marked(text.kinds[kind], localTime(new Date())));
  };
  const handleStop = async () => {
    stopCaptureSession();
    setMessage(words.downloading);
    try {
      const { name, isSaved } = await saveReport(mx, extras);
      setMessage(isSaved ? words.saved(name) : words.notSaved);
    } catch {
      setMessage(words.notSaved);
    }
  };

  return (
    <Box as="section" aria-labelledby={heading} direction="Column" gap="200" style={{ minWidth: 0 }}>
      <Text as="h4" id={heading} size="L400">
        {text.title}
      </Text>
      <Text size="T200">
        {isRunning ? text.running(localTime(new Date(session.startedAt)), session.marks.length) : text.explain}
      </Text>
      {isRunning && (
        <Box as="fieldset" gap="200" wrap="Wrap" style={{ border: 0, margin: 0, padding: 0, minWidth: 0 }}>
          <Text as="legend" size="T200" style={{ padding: 0, marginBottom: config.space.S100 }}>
            {text.mark}
          </Text>
          {MARK_KINDS.map((kind) => (
            <Action key={kind} label={text.kinds[kind]} onPress={() => handleMark(kind)} />
          ))}
        </Box>
      )}
      {/* One button for start and stop, so that it keeps the focus. */}
      <Action label={isRunning ? text.stop : text.start} onPress={isRunning ? handleStop : handleStart} />
      <Text as="output" size="T200" style={{ overflowWrap: 'anywhere', minHeight: toRem(16) }}>
        {message}
      </Text>
      {session && !isRunning && artefacts && <Checklist artefacts={artefacts} words={words} />}
    </Box>
  );
}

type ActionProps = { label: string; onPress: () => void };
function Action({ label, onPress }: ActionProps) {
  return (
    <Box>
      <Button type="button" size="300" radii="300" variant="Secondary" fill="Soft" onClick={onPress}>
        <Text as="span" size="B300">
          {label}
        </Text>
      </Button>
    </Box>
  );
}

type ChecklistProps = { artefacts: Artefact[]; words: CryptoDiagWords };
function Checklist({ artefacts, words }: ChecklistProps) {
  const inside = artefacts.filter((artefact) => artefact.inside);
  const toAdd = artefacts.filter((artefact) => !artefact.inside);
  return (
    <details
      style={{
        backgroundColor: color.Surface.Container,
        color: color.Surface.OnContainer,
        borderRadius: config.radii.R300,
      }}
    >
      <summary style={{ padding: config.space.S200, cursor: 'pointer' }}>
        <Text as="span" size="T200">
          {words.session.checklist(inside.length, toAdd.length)}
        </Text>
      </summary>
      <ul style={{ margin: 0, padding: config.space.S200, paddingInlineStart: config.space.S500 }}>
        {[...toAdd, ...inside].map(({ name, inside, how }) => (
          <li key={name} style={{ overflowWrap: 'anywhere' }}>
            <Text as="span" size="T200">
              <DiagnosisText>{inside ? words.session.isInside(name) : words.session.isToAdd(name, how)}</DiagnosisText>
            </Text>
          </li>
        ))}
      </ul>
    </details>
  );
}
