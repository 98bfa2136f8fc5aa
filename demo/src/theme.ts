import { color, lightTheme } from 'folds';
import { useEffect, useState } from 'react';

type Palette = { container: string; line: string; text: string; main: string; onMain: string };

const neutral = (container: string, line: string): Palette => ({
  container,
  line,
  text: '#f2f2f2',
  main: '#f2f2f2',
  onMain: '#1a1a1a',
});
const tinted = (container: string, line: string, text: string, main: string): Palette => ({
  container,
  line,
  text,
  main,
  onMain: '#141414',
});

/** folds has only a light theme; its colours are CSS variables, and these are dark values for them. */
const DARK: Record<string, Palette> = {
  Background: neutral('#1a1a1a', '#404040'),
  Surface: neutral('#262626', '#4d4d4d'),
  SurfaceVariant: neutral('#333333', '#595959'),
  Primary: tinted('#413b63', '#5d5490', '#e3defc', '#bdb6ec'),
  Secondary: tinted('#404040', '#595959', '#f2f2f2', '#ffffff'),
  Success: tinted('#175c44', '#22805f', '#ccf2e5', '#85e0ba'),
  Warning: tinted('#664b00', '#8a6600', '#fff0cc', '#e3ba91'),
  Critical: tinted('#66252c', '#8f343d', '#f5c7cb', '#f0a0a8'),
};

const nameOf = (variable: string) => /--[\w-]+/.exec(variable)?.[0] ?? '';

function darkVariables(): [name: string, value: string][] {
  // The light theme's ring is black: on a dark page nobody would see where the keyboard is.
  const ring: [string, string] = [nameOf(color.Other.FocusRing), '#ffffff80'];
  const palettes = Object.entries(DARK).flatMap(([group, palette]) =>
    Object.entries(color[group as keyof typeof color]).map(([role, variable]): [string, string] => {
      const name = nameOf(variable);
      if (role === 'OnContainer') return [name, palette.text];
      if (role === 'OnMain') return [name, palette.onMain];
      if (role.startsWith('Main')) return [name, role === 'MainLine' ? palette.line : palette.main];
      return [name, role === 'Container' ? palette.container : palette.line];
    }),
  );
  return [ring, ...palettes];
}

/** Light or dark: follows the system until the user chooses. */
export function useTheme() {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const [isDark, setDark] = useState(system.matches);

  useEffect(() => {
    const handleChange = (event: MediaQueryListEvent) => setDark(event.matches);
    system.addEventListener('change', handleChange);
    return () => system.removeEventListener('change', handleChange);
  }, [system]);

  useEffect(() => {
    const { classList, style } = document.body;
    classList.add(lightTheme);
    for (const [name, value] of darkVariables()) {
      if (isDark) style.setProperty(name, value);
      else style.removeProperty(name);
    }
    document.documentElement.style.colorScheme = isDark ? 'dark' : 'light';
    style.backgroundColor = color.Surface.Container;
    style.color = color.Surface.OnContainer;
  }, [isDark]);

  return { isDark, setDark };
}
