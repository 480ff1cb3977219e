import { setupServer } from 'msw/node';

/** The API as each test makes it: no call is answered unless the test says how. */
export const server = setupServer();
export const base = 'http://api.test';
