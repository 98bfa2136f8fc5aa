// The rules of similar apps: Airbnb, React and TypeScript; formatting is left to Prettier.
module.exports = {
  root: true,
  env: { browser: true, es2021: true },
  parser: '@typescript-eslint/parser',
  parserOptions: { ecmaVersion: 'latest', sourceType: 'module', ecmaFeatures: { jsx: true } },
  extends: [
    'eslint:recommended',
    'plugin:react/recommended',
    'plugin:react-hooks/recommended',
    'plugin:@typescript-eslint/recommended',
    'airbnb',
    'prettier',
  ],
  rules: {
    // TypeScript checks modules, properties and names better.
    'import/extensions': 'off',
    'import/no-unresolved': 'off',
    'no-shadow': 'off',
    'no-undef': 'off',
    'react/jsx-filename-extension': ['error', { extensions: ['.tsx'] }],
    'react/require-default-props': 'off',
    'import/prefer-default-export': 'off',
    'react-hooks/exhaustive-deps': 'error',
  },
};
