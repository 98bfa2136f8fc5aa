import { Box, Button, Input, Text } from 'folds';
import { ClientEvent, Preset } from 'matrix-js-sdk';
import React, { type FormEvent, useEffect, useReducer } from 'react';
import { useNavigate } from 'react-router-dom';

import { useMatrixClient } from '../../hooks/useMatrixClient';

export function Home() {
  const mx = useMatrixClient();
  const navigate = useNavigate();
  const [, update] = useReducer((count: number) => count + 1, 0);

  useEffect(() => {
    mx.on(ClientEvent.Room, update);
    return () => {
      mx.removeListener(ClientEvent.Room, update);
    };
  }, [mx]);

  const create = async (form: FormData) => {
    const invited = String(form.get('invite'));
    const { room_id: roomId } = await mx.createRoom({
      preset: Preset.TrustedPrivateChat,
      name: String(form.get('name')),
      invite: invited ? [invited] : [],
      initial_state: [{ type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } }],
    });
    navigate(`/home/${encodeURIComponent(roomId)}`);
  };
  const handleSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    void create(new FormData(event.currentTarget));
  };
  const handleOpen = async (roomId: string) => {
    await mx.joinRoom(roomId);
    navigate(`/home/${encodeURIComponent(roomId)}`);
  };

  return (
    <Box direction="Column" gap="200">
      {mx.getRooms().map(({ roomId, name }) => (
        <Button key={roomId} variant="Secondary" onClick={() => handleOpen(roomId)}>
          <Text size="B400">{name}</Text>
        </Button>
      ))}
      <form aria-label="New room" onSubmit={handleSubmit}>
        <Input name="name" aria-label="Name" variant="Background" outlined required />
        <Input name="invite" aria-label="Invite" variant="Background" outlined />
        <Button type="submit" variant="Primary">
          <Text as="span" size="B400">
            New room
          </Text>
        </Button>
      </form>
    </Box>
  );
}
