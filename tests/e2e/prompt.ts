// Locators of the recovery prompt.
import type { Page } from '@playwright/test';

export const promptOf = (page: Page) => page.getByRole('region', { name: 'The encryption of this device is broken' });
export const fixOf = (page: Page) => promptOf(page).getByRole('button', { name: 'How to fix it' });
