export type Session = {
  baseUrl: string;
  userId: string;
  deviceId: string;
  accessToken: string;
};

export const getFallbackSession = (): Session | undefined => {
  const baseUrl = localStorage.getItem('cinny_hs_base_url');
  const userId = localStorage.getItem('cinny_user_id');
  const deviceId = localStorage.getItem('cinny_device_id');
  const accessToken = localStorage.getItem('cinny_access_token');

  if (!baseUrl || !userId || !deviceId || !accessToken) return undefined;
  return { baseUrl, userId, deviceId, accessToken };
};

export const setFallbackSession = ({ baseUrl, userId, deviceId, accessToken }: Session) => {
  localStorage.setItem('cinny_hs_base_url', baseUrl);
  localStorage.setItem('cinny_user_id', userId);
  localStorage.setItem('cinny_device_id', deviceId);
  localStorage.setItem('cinny_access_token', accessToken);
};

export const removeFallbackSession = () => {
  for (const name of ['hs_base_url', 'user_id', 'device_id', 'access_token']) localStorage.removeItem(`cinny_${name}`);
};
