import { Box, config, Input, Text } from 'folds';
import type { DeviceTrouble, SurveyFormat } from 'lotus-crypto-diag/server-evidence';
import { type ChangeEvent, useState } from 'react';

import { Card } from '../Card';
import {
  type Copy,
  type ReportView,
  type SurveyFacts,
  type SurveyOrder,
  type SurveyQuery,
  type SurveyRows,
  WORST_FIRST,
} from './protocol';
import { SurveyDevice } from './SurveyDevice';
import { SurveyEndpoints } from './SurveyEndpoints';
import { SurveyExport } from './SurveyExport';
import { SurveyHours } from './SurveyHours';
import { SurveyTable } from './SurveyTable';
import { keyOf } from './survey-pages';
import { moment, visible } from './words';

type SurveyCardProps = {
  survey: SurveyFacts & SurveyRows;
  /** The story of the opened device. */
  story: DeviceTrouble | null;
  reports: ReportView[];
  onFind: (query: SurveyQuery) => void;
  onStory: (key: string) => void;
  onExport: (format: SurveyFormat) => Promise<Copy>;
  onPick: (reportId: string) => void;
};
/** From the homeserver's data alone: which devices are stuck, before any user complains. */
export function SurveyCard({ survey, story, reports, onFind, onStory, onExport, onPick }: SurveyCardProps) {
  const [query, setQuery] = useState(WORST_FIRST);
  const { rows, matching, total } = survey;
  const openKey = story ? keyOf(story) : '';
  const isShown = rows.some(({ key }) => key === openKey);
  const find = (change: Partial<SurveyQuery>) => {
    setQuery({ ...query, ...change });
    onFind({ ...query, ...change });
  };
  const handleUser = (event: ChangeEvent<HTMLInputElement>) => find({ user: event.currentTarget.value });
  const handleOrder = (order: SurveyOrder) => find({ order });
  const handleOpen = (key: string) => onStory(openKey === key ? '' : key);
  return (
    <Card title="Devices in trouble" about={aboutOf(survey)}>
      {total > 0 && (
        <>
          <Box alignItems="End" justifyContent="SpaceBetween" gap="300" wrap="Wrap">
            <Box as="label" direction="Column" gap="100" className="survey-user">
              <Text as="span" size="L400">
                Only this user
              </Text>
              <Input size="300" radii="300" variant="Background" outlined value={query.user} onChange={handleUser} />
            </Box>
            <SurveyExport onExport={onExport} />
          </Box>
          <Text as="output" size="T200">
            {matching === total ? countOf(total, 'device') : `${matching} of ${countOf(total, 'device')}`}
          </Text>
          <SurveyTable
            rows={rows}
            matching={matching}
            openKey={openKey}
            order={query.order}
            onOrder={handleOrder}
            onOpen={handleOpen}
          />
          {story && isShown && <SurveyDevice device={story} reports={reportsOf(story, reports)} onPick={onPick} />}
        </>
      )}
      {survey.hours.length > 0 && <SurveyHours hours={survey.hours} />}
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

export const countOf = (n: number, one: string) => `${n.toLocaleString('en')} ${n === 1 ? one : `${one}s`}`;

/** The reports of this device; none if the log does not name the device. */
const reportsOf = ({ userId, deviceId }: DeviceTrouble, reports: ReportView[]) =>
  deviceId === null ? [] : reports.filter(({ report }) => report.userId === userId && report.deviceId === deviceId);

function aboutOf({ total, healthy, from, to, requests }: SurveyFacts): string {
  const what = total === 0 ? 'None found.' : `${countOf(total, 'device')}, the worst first.`;
  const others = healthy > 0 ? ` ${countOf(healthy, 'other device')} uploaded keys without trouble.` : '';
  const log = from && to ? ` Log from ${momentOf(from)} to ${momentOf(to)} UTC, ${countOf(requests, 'request')}.` : '';
  return what + others + log;
}

export const momentOf = (time: string | null | undefined) => (time ? moment(Date.parse(time)) : 'unknown');
