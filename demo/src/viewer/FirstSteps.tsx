import { Text } from 'folds';

import { Card } from '../Card';

const STEPS: [what: string, how: string][] = [
  [
    'Drop the report.',
    'If the fault occurred in a call, drop the reports of everybody in the call: they share one time line.',
  ],
  ['Read the verdicts.', 'Each shows its evidence, and what is missing to decide it.'],
  ['Ask the server.', "Run the queries that the page gives you on the homeserver's database. They only read."],
  ['Drop the answers.', 'Add a HAR file or a slice of homeserver.log if you have one. The verdicts are updated.'],
  ['Fix it.', 'Each verdict lists what to do, least disruptive first. Then export a summary for your ticket.'],
];

/** Shown while there is nothing else to show. */
export function FirstSteps() {
  return (
    <Card
      title="From a report to a fix"
      about="If you have only the homeserver's log, drop that: the page lists the devices in trouble."
    >
      <ol className="steps">
        {STEPS.map(([what, how]) => (
          <Text as="li" key={what} size="T300">
            <b>{what}</b> {how}
          </Text>
        ))}
      </ol>
    </Card>
  );
}
