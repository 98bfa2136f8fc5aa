// The recovery prompt, as a person finds it.
import type { Page } from '@playwright/test';

export const promptOf = (page: Page) => page.getByRole('region', { name: 'The encryption of this device is broken' });
export const fixOf = (page: Page) => promptOf(page).getByRole('button', { name: 'How to fix it' });
