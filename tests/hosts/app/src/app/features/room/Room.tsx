import { Button, Input, Text } from 'folds';
import React, { type FormEvent } from 'react';
import { useParams } from 'react-router-dom';

import { useMatrixClient } from '../../hooks/useMatrixClient';
import * as css from './styles.css';
import { useTimeline } from './useTimeline';

export function Room() {
  const mx = useMatrixClient();
  const { roomId = '' } = useParams();
  const messages = useTimeline(roomId);

  const handleSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    void mx.sendTextMessage(roomId, String(new FormData(form).get('message')));
    form.reset();
  };

  return (
    <>
      <ul className={css.Timeline} aria-label="Timeline">
        {messages.map(({ id, sender, body }) => (
          <li key={id}>
            <Text size="T300">
              {sender}: {body}
            </Text>
          </li>
        ))}
      </ul>
      <form className={css.Composer} aria-label="Composer" onSubmit={handleSubmit}>
        <Input
          name="message"
          aria-label="Message"
          variant="Background"
          outlined
          required
          autoComplete="off"
          style={{ flexGrow: 1 }}
        />
        <Button type="submit" variant="Primary">
          <Text as="span" size="B400">
            Send
          </Text>
        </Button>
      </form>
    </>
  );
}
