import { Box, config, Input, Text } from 'folds';
import type { DeviceTrouble, Survey, SurveyFormat } from 'lotus-crypto-diag/server-evidence';
import { type ChangeEvent, useMemo, useState } from 'react';

import { Card } from '../Card';
import type { Copy, ReportView } from './protocol';
import { SurveyDevice } from './SurveyDevice';
import { SurveyEndpoints } from './SurveyEndpoints';
import { SurveyExport } from './SurveyExport';
import { SurveyHours } from './SurveyHours';
import { ORDERS, type SurveyOrder, SurveyTable } from './SurveyTable';
import { moment, visible } from './words';

type SurveyCardProps = {
  survey: Survey;
  reports: ReportView[];
  onExport: (format: SurveyFormat) => Promise<Copy>;
  onPick: (reportId: string) => void;
};
/** The homeserver's side alone: which devices are stuck, before anybody complains. */
export function SurveyCard({ survey, reports, onExport, onPick }: SurveyCardProps) {
  const [user, setUser] = useState('');
  const [order, setOrder] = useState<SurveyOrder>('worst');
  const [openKey, setOpenKey] = useState('');
  const shown = useMemo(() => {
    const wanted = user.trim().toLowerCase();
    const devices = survey.devices.filter(({ userId }) => (userId ?? '').toLowerCase().includes(wanted));
    return order === 'worst' ? devices : [...devices].sort(ORDERS[order]);
  }, [survey, user, order]);
  const open = shown.find((device) => keyOf(device) === openKey);
  const handleUser = (event: ChangeEvent<HTMLInputElement>) => setUser(event.currentTarget.value);
  const handleOpen = (device: DeviceTrouble) => setOpenKey(open === device ? '' : keyOf(device));
  return (
    <Card title="Devices in trouble" about={aboutOf(survey)}>
      {survey.devices.length > 0 && (
        <>
          <Box alignItems="End" justifyContent="SpaceBetween" gap="300" wrap="Wrap">
            <Box as="label" direction="Column" gap="100">
              <Text as="span" size="L400">
                Only this user
              </Text>
              <Input size="300" radii="300" variant="Background" outlined value={user} onChange={handleUser} />
            </Box>
            <SurveyExport onExport={onExport} />
          </Box>
          <Text as="output" size="T200">
            {shown.length === survey.devices.length
              ? countOf(shown.length, 'device')
              : `${shown.length} of ${countOf(survey.devices.length, 'device')}`}
          </Text>
          <SurveyTable devices={shown} open={open} order={order} onOrder={setOrder} onOpen={handleOpen} />
          {open && <SurveyDevice device={open} reports={reportsOf(open, reports)} onPick={onPick} />}
        </>
      )}
      {survey.hours.length > 0 && <SurveyHours survey={survey} />}
      {survey.endpoints.length > 0 && <SurveyEndpoints endpoints={survey.endpoints} />}
      {survey.notes.length > 0 && (
        <ul className="plain-list" style={{ gap: config.space.S100 }}>
          {survey.notes.map((note) => (
            <Text as="li" size="T200" key={note}>
              {visible(note)}
            </Text>
          ))}
        </ul>
      )}
    </Card>
  );
}

export const keyOf = ({ userId, deviceId }: DeviceTrouble) => JSON.stringify([userId, deviceId]);

export const countOf = (n: number, one: string) => `${n.toLocaleString('en')} ${n === 1 ? one : `${one}s`}`;

/** Reports of that very device. Where the log does not name it, none is. */
const reportsOf = ({ userId, deviceId }: DeviceTrouble, reports: ReportView[]) =>
  deviceId === null ? [] : reports.filter(({ report }) => report.userId === userId && report.deviceId === deviceId);

function aboutOf({ devices, healthy, from, to, requests }: Survey): string {
  const what = devices.length === 0 ? 'None found.' : `${countOf(devices.length, 'device')}, the worst first.`;
  const others = healthy > 0 ? ` ${countOf(healthy, 'other device')} uploaded keys without trouble.` : '';
  const log = from && to ? ` Log from ${momentOf(from)} to ${momentOf(to)} UTC, ${countOf(requests, 'request')}.` : '';
  return what + others + log;
}

export const momentOf = (time: string | null | undefined) => (time ? moment(Date.parse(time)) : 'unknown');
