// What the host of a leader is asked, and which of its answers count. The rules of the election are tested with the wasm.
import { expect, it } from 'vitest';

import { Election, type Host, type Machine } from '../../pkg-glue/src/election';
import { start } from './started';

const settled = () => new Promise((resolve) => setTimeout(resolve));

/** An election whose machine asks when the test says so, and writes down what it is told. */
function election() {
  const decided: (string | undefined)[] = [];
  let host: Host = () => {};
  const machine: Machine = {
    takeOver: () => true,
    decided: (refusal) => decided.push(refusal) > 0,
    down: () => true,
    release: () => true,
    free: () => true,
  };
  const created = new Election(
    'session',
    'id',
    (_name, _id, tell) => {
      host = tell;
      return machine;
    },
    () => {},
    () => {},
    () => {},
    start,
  );
  host('role', 'leader');
  return { decided, election: created, ask: () => host('ask', ''), host };
}

it('who listens is told once that the leader is silent, and once that it is not, whatever ends that', () => {
  for (const [what, text] of [
    ['responds', ''],
    ['role', 'leader'],
    ['broken', 'lost'],
  ] as const) {
    const { election: here, host } = election();
    host('role', 'follower');
    const member = here.join({});
    const told: boolean[] = [];
    member.subscribe(() => told.push(member.leaderSilent));
    host('silent', '');
    host('silent', '');
    expect([member.role, member.leaderSilent]).toEqual(['follower', true]);
    host(what, text);
    host('responds', '');
    expect(told, what).toEqual([true, false]);
  }
});

it('an answer to a question that is settled is not taken for that of the next', async () => {
  const { decided, election: here, ask } = election();
  const answers: ((answer: true | string) => void)[] = [];
  here.join({ canYield: () => new Promise((resolve) => answers.push(resolve)) });
  ask();
  // Nobody answered in time; another tab asks.
  ask();
  await settled();
  answers[0]?.(true);
  await settled();
  expect(decided).toEqual([]);
  answers[1]?.('in a call');
  await settled();
  expect(decided).toEqual(['in a call']);
  answers[0]?.(true);
  ask();
  await settled();
  answers[2]?.(true);
  await settled();
  expect(decided).toEqual(['in a call', undefined]);
});
