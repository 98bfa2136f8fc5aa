import { Box, Button, color, config, Text } from 'folds';
import type { DeviceTrouble, Trouble } from 'lotus-crypto-diag/server-evidence';
import { useEffect, useRef } from 'react';

import type { ReportView } from './protocol';
import { countOf, momentOf } from './SurveyCard';
import { goingOnWords, NAMED_BY_WORDS } from './survey-words';
import { visible } from './words';

const SHOWN = 10;

type SurveyDeviceProps = { device: DeviceTrouble; reports: ReportView[]; onPick: (reportId: string) => void };
export function SurveyDevice({ device, reports, onPick }: SurveyDeviceProps) {
  const title = useRef<HTMLHeadingElement>(null);
  const name = `${visible(device.userId ?? 'User not named')} ${visible(device.deviceId ?? '')}`.trim();
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs for each opened device.
  useEffect(() => title.current?.focus(), [name]);
  return (
    <section
      className="survey-device"
      aria-label={`Story of ${name}`}
      style={{
        padding: config.space.S300,
        backgroundColor: color.Surface.Container,
        color: color.Surface.OnContainer,
        borderRadius: config.radii.R400,
      }}
    >
      <Text as="h3" size="H5" ref={title} tabIndex={-1} style={{ margin: 0, overflowWrap: 'anywhere' }}>
        {name}
      </Text>
      <Text as="p" size="T200" style={{ margin: 0 }}>
        {device.namedBy ? NAMED_BY_WORDS[device.namedBy] : 'The log does not say which device it was.'}
        {device.clients.length > 0 && ` Client: ${device.clients.map(visible).join(', ')}.`}
      </Text>
      {device.troubles.map((trouble) => (
        <TroublePart key={trouble.kind + trouble.says} trouble={trouble} />
      ))}
      {device.atRisk && (
        <Text as="p" size="T200" style={{ margin: 0 }}>
          By the tables: {countOf(device.atRisk.oneTimeKeys, 'one-time key')}, identity keys of{' '}
          {momentOf(device.atRisk.keysChangedAt)} UTC, last seen {momentOf(device.atRisk.lastSeen)} UTC.
        </Text>
      )}
      {reports.map(({ id, report }) => (
        <Box key={id}>
          <Button type="button" size="300" variant="Primary" fill="Soft" radii="300" onClick={() => onPick(id)}>
            <Text as="span" size="B300">
              Show its report of {momentOf(report.generatedAt)} UTC
            </Text>
          </Button>
        </Box>
      ))}
    </section>
  );
}

function TroublePart({ trouble }: { trouble: Trouble }) {
  const { name, says, firstTs, lastTs, goingOn, perHour, keyIds } = trouble;
  const often = perHour ? ` ${perHour.toLocaleString('en')} an hour.` : '';
  return (
    <div>
      <Text as="h4" size="L400" style={{ margin: 0 }}>
        {name}
      </Text>
      <Text as="p" size="T300" style={{ margin: 0, overflowWrap: 'anywhere' }}>
        {visible(says)}
        {often} {goingOnWords(goingOn)}.
      </Text>
      {firstTs && (
        <Text as="p" size="T200" style={{ margin: 0 }}>
          From {momentOf(firstTs)} to {momentOf(lastTs)} UTC
        </Text>
      )}
      {keyIds.length > 0 && (
        <ul>
          {keyIds.slice(0, SHOWN).map(({ keyId, count, firstTs: since }) => (
            <Text as="li" size="T200" key={keyId} style={{ overflowWrap: 'anywhere' }}>
              {visible(keyId)}: {countOf(count, 'refusal')} since {momentOf(since)}
            </Text>
          ))}
          {keyIds.length > SHOWN && <li>And {keyIds.length - SHOWN} more.</li>}
        </ul>
      )}
    </div>
  );
}
