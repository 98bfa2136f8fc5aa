import { Box, Button, color, Input, Text } from 'folds';
import { type FormEvent, useId, useState } from 'react';

import { Card } from './Card';
import { HOMESERVER, isReal, logIn, useDevice } from './session';

type FieldProps = { name: string; label: string; type?: string; defaultValue?: string; autoComplete: string };
function Field({ label, ...input }: FieldProps) {
  const id = useId();
  return (
    <Box direction="Column" gap="100">
      <Text as="label" htmlFor={id} size="L400">
        {label}
      </Text>
      <Input id={id} size="400" variant="Background" outlined radii="300" required {...input} />
    </Box>
  );
}

function LoggedIn() {
  const { mx, logout } = useDevice();
  return (
    <Box direction="Column" gap="300" alignItems="Start">
      <Text size="T300" style={{ overflowWrap: 'anywhere' }}>
        {`${mx.getUserId?.()} on device ${mx.getDeviceId?.()}`}
      </Text>
      <Button type="button" size="300" variant="Secondary" radii="300" onClick={() => logout()}>
        <Text as="span" size="B300">
          Log out
        </Text>
      </Button>
    </Box>
  );
}

function LoginForm() {
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState('');
  const handleSubmit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isBusy) return;
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '');
    setBusy(true);
    setFailure('');
    try {
      await logIn({ homeserver: text('homeserver'), user: text('user'), password: text('password') });
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
  };
  return (
    <Box as="form" direction="Column" gap="300" onSubmit={handleSubmit}>
      <Field name="homeserver" label="Homeserver" type="url" defaultValue={HOMESERVER ?? ''} autoComplete="url" />
      <Field name="user" label="User name" autoComplete="username" />
      <Field name="password" label="Password" type="password" autoComplete="current-password" />
      <div role="alert">
        {failure && (
          <Text size="T200" style={{ color: color.Critical.Main, overflowWrap: 'anywhere' }}>
            {failure}
          </Text>
        )}
      </div>
      <Button type="submit" size="300" variant="Primary" radii="300" aria-disabled={isBusy}>
        <Text as="span" size="B300">
          {isBusy ? 'Logging in' : 'Log in'}
        </Text>
      </Button>
    </Box>
  );
}

export function Login() {
  const device = useDevice();
  return (
    <Card title="A real client" about="matrix-js-sdk and a homeserver in the place of this page's stand-in.">
      {isReal(device) ? <LoggedIn /> : <LoginForm />}
    </Card>
  );
}
