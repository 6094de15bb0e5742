// SPDX-License-Identifier: Apache-2.0
// Rules for the dashboard's scripts: classic scripts for the browser, CommonJS for the tests.
import js from '@eslint/js';
import globals from 'globals';

// What would let a name be read as HTML or as code.
const UNSAFE = ['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'write', 'writeln'];

export default [
  js.configs.recommended,
  {
    rules: {
      complexity: ['error', 12],
      curly: 'error',
      eqeqeq: 'error',
      'max-len': ['error', { code: 125 }],
      'max-lines': ['error', 400],
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-new-func': 'error',
      'no-restricted-properties': ['error', ...UNSAFE.map((property) => {
        return { property, message: 'Build elements with dom.el; texts become text nodes.' };
      })],
      'no-shadow': 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      semi: 'error',
      strict: ['error', 'function'],
    },
  },
  {
    files: ['ensemble_dashboard/static/**/*.js'],
    languageOptions: { sourceType: 'script', globals: { ...globals.browser, module: 'readonly' } },
  },
  {
    files: ['tests/js/**/*.js'],
    languageOptions: { sourceType: 'commonjs', globals: globals.node },
    rules: { strict: ['error', 'global'] },
  },
  {
    files: ['eslint.config.mjs'],
    rules: { strict: 'off' },
  },
];
