import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['unit/**/*.test.ts'],
    typecheck: { enabled: true, include: ['unit/**/*.test-d.ts'], tsconfig: 'tsconfig.json' },
  },
});
