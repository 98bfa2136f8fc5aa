import { Box, Button, Input, Text } from 'folds';
import { createClient } from 'matrix-js-sdk';
import React, { type FormEvent, useState } from 'react';
import { useNavigate } from 'react-router-dom';

import { setFallbackSession } from '../../state/sessions';
import * as css from './styles.css';

export function Login() {
  const navigate = useNavigate();
  const [error, setError] = useState('');

  const login = async (form: FormData) => {
    const baseUrl = String(form.get('homeserver'));
    const answer = await createClient({ baseUrl }).loginRequest({
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: String(form.get('username')) },
      password: String(form.get('password')),
    });
    const { user_id: userId, device_id: deviceId, access_token: accessToken } = answer;
    setFallbackSession({ baseUrl, userId, deviceId, accessToken });
    navigate('/home', { replace: true });
  };

  const handleSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setError('');
    login(new FormData(event.currentTarget)).catch((reason: unknown) => setError(String(reason)));
  };

  return (
    <form className={css.Form} onSubmit={handleSubmit} aria-label="Login">
      <Box direction="Column" gap="300">
        <Text as="h1" size="H3">
          Login
        </Text>
        <Input name="homeserver" aria-label="Homeserver" variant="Background" outlined required />
        <Input name="username" aria-label="Username" variant="Background" outlined required />
        <Input name="password" aria-label="Password" type="password" variant="Background" outlined required />
        <Button type="submit" variant="Primary" size="500">
          <Text as="span" size="B500">
            Login
          </Text>
        </Button>
        {error && <Text role="alert">{error}</Text>}
      </Box>
    </form>
  );
}
