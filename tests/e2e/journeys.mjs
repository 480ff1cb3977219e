// What people do with the dashboard, on the real stack. The journeys share one plant and run in this order.
import assert from 'node:assert/strict';
import {
  checkPage,
  firstPassword,
  journey,
  openPage,
  patienceMs,
  play,
  postJson,
  settle,
  shoot,
  signIn,
  stack,
  until,
} from './harness.mjs';

const sensor = 'e2e-pump';
const tile = (page) => page.locator(`li[data-sensor="${sensor}"]`);

/** The dashboard of a new session, past the first password's question. */
async function dashboard(options) {
  const page = await openPage(options);
  await signIn(page, firstPassword);
  await page.getByRole('button', { name: 'Not now' }).click();
  await page.getByRole('list', { name: 'Machines' }).waitFor();
  return page;
}

journey('a wrong password is refused, the first-run password signs in', async () => {
  const page = await openPage();
  await signIn(page, 'not the password');
  await page.getByText('Name or password is wrong.').waitFor();
  await page.getByLabel('Password').fill(firstPassword);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('The first password is still in use').waitFor();
  await page.getByRole('button', { name: 'Not now' }).click();
  await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
});

journey('sensors are live', async () => {
  const page = await dashboard();
  const first = page.getByRole('list', { name: 'Machines' }).getByRole('listitem').first();
  await first.waitFor();
  const value = first.locator('b').last();
  const before = await value.textContent();
  await until('a new value on the first tile', async () => (await value.textContent()) !== before);
  assert.doesNotMatch(await first.textContent(), /\(old\)|never/, 'a live tile says how young its data is');
  await until('predictions', async () => (await page.getByRole('list', { name: 'Newest predictions' }).count()) > 0);
  assert.deepEqual(page.problems, []);
});

journey('a simulated fault turns its sensor to fault, and its prediction says why', async () => {
  const page = await dashboard();
  await postJson(`${stack.ingestion}/simulate`, {
    sensor_id: sensor,
    type: 'pump',
    fault: 'imbalance',
    severity: 1,
    rate_hz: 10,
    seconds: 600,
    seed: 7,
  });
  await tile(page).waitFor();
  await page.locator(`li[data-sensor="${sensor}"][data-state="fault"]`).waitFor({ timeout: 2 * patienceMs });
  await tile(page).getByRole('link').click();
  await page.getByText('The model recognises a fault.').waitFor();
  const channels = page.getByRole('list', { name: 'Channels' }).getByRole('listitem');
  assert.ok((await channels.count()) >= 10, 'every channel of the pump has its trace');
  await page.getByRole('link', { name: 'Why' }).click();
  await page.getByRole('heading', { level: 1, name: `${sensor}: ` }).waitFor();
  await page.getByRole('list', { name: 'Contributing channels' }).waitFor();
  assert.ok((await page.getByRole('list', { name: 'Probabilities' }).getByRole('listitem').count()) > 1);
  await page
    .getByRole('img', { name: /in the window/ })
    .first()
    .waitFor();
  const id = decodeURIComponent(new URL(page.url()).pathname.split('/').pop());
  await page.getByText(id, { exact: true }).waitFor();
  assert.deepEqual(page.problems, []);
});

journey('the fault raises an alarm, which the keyboard acknowledges', async () => {
  const page = await dashboard();
  await page.getByRole('link', { name: /^Alarms/ }).click();
  const row = page.getByRole('row', { name: new RegExp(`${sensor}.*Imbalance.*not acknowledged`) });
  await row.focus();
  await page.keyboard.press('a');
  await page.getByRole('row', { name: new RegExp(`${sensor}.*Imbalance.*, acknowledged by admin`) }).waitFor();
  assert.deepEqual(page.problems, []);
});

journey('the history is filtered by sensor and state', async () => {
  const page = await dashboard();
  await page.getByRole('link', { name: 'Predictions', exact: true }).click();
  await page.getByRole('combobox', { name: 'Sensor' }).fill(sensor);
  await page.keyboard.press('Enter');
  await page.getByRole('combobox', { name: 'State' }).click();
  await page.getByRole('option', { name: 'Fault' }).click();
  await page.waitForURL(/state=fault/);
  const rows = page.getByRole('table').locator('tbody tr');
  await until('only rows of the sensor in fault', async () => {
    const texts = await rows.allTextContents();
    return texts.length > 0 && texts.every((text) => text.includes(sensor) && text.includes('Fault'));
  });
  await page.reload();
  await until('the same rows after a reload', async () => {
    const texts = await rows.allTextContents();
    return texts.length > 0 && texts.every((text) => text.includes(sensor));
  });
});

journey('a prediction is confirmed as right', async () => {
  const page = await dashboard();
  await page.goto(`${stack.dashboard}/predictions?state=fault&sensor_id=${sensor}`);
  await page.getByRole('table', { name: 'Predictions' }).getByRole('link').first().click();
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByText('Noted: confirmed.').waitFor();
});

journey('a sensor is confirmed and named', async () => {
  const page = await dashboard();
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('link', { name: 'Sensors' }).click();
  await page.getByRole('button', { name: `Edit ${sensor}` }).click();
  await page.getByLabel('Name').fill('Feed pump');
  await page.getByLabel('Line').fill('Line 1');
  await page.getByRole('button', { name: 'Save' }).click();
  const row = page.getByRole('row', { name: /Feed pump/ });
  await row.waitFor();
  assert.match(await row.textContent(), /Active/);
});

journey('a lost connection is said and comes back by itself', async () => {
  const page = await dashboard();
  process.kill(stack.pids['backend-api'], 'SIGKILL');
  await page.getByText(/^Disconnected for/).waitFor();
  await shoot(page, 'disconnected-desktop-light');
  await until('recovery', async () => (await page.getByText(/Disconnected|Recovering|has lost/).count()) === 0);
  const value = tile(page).locator('b').last();
  const before = await value.textContent();
  await until('a new value after the recovery', async () => (await value.textContent()) !== before);
});

journey('the session and the theme survive a reload; signing out ends both', async () => {
  const page = await dashboard();
  await page.getByRole('button', { name: /^Theme/ }).click();
  await page.getByRole('menuitemradio', { name: 'Control room' }).click();
  await page.reload();
  await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
  await page.getByRole('button', { name: 'Theme: Control room' }).waitFor();
  await page.getByRole('button', { name: /^Account/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  await page.reload();
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
});

journey('the keyboard alone reaches a machine', async () => {
  const page = await dashboard();
  await page.keyboard.press('Tab');
  for (let i = 0; i < 40; i += 1) {
    if (await page.evaluate(() => document.activeElement?.closest('li[data-sensor]') !== null)) break;
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/sensors\//);
});

const screens = { desktop: { width: 1440, height: 900 }, phone: { width: 360, height: 740 } };
for (const [screen, size] of Object.entries(screens)) {
  for (const theme of ['light', 'dark', 'control']) {
    if (screen === 'phone' && theme === 'control') continue;
    journey(`every page is clean on ${screen}, ${theme}`, async () => {
      const look = async (page, name) => {
        await settle(page);
        await shoot(page, `${name}-${screen}-${theme}`);
        await checkPage(page, name);
      };
      const page = await openPage({ ...size, theme });
      await page.goto(stack.dashboard);
      await page.getByRole('button', { name: 'Sign in' }).waitFor();
      await look(page, 'login');
      await signIn(page, firstPassword);
      await page.getByRole('button', { name: 'Not now' }).waitFor();
      await look(page, 'password');
      await page.getByRole('button', { name: 'Not now' }).click();
      await page.getByRole('list', { name: 'Newest predictions' }).waitFor();
      await look(page, 'dashboard');
      await tile(page).getByRole('link').click();
      await page.getByRole('list', { name: 'Recent predictions' }).waitFor();
      await look(page, 'sensor');
      await page.getByRole('link', { name: 'Predictions', exact: true }).click();
      await page.getByRole('table', { name: 'Predictions' }).waitFor();
      await look(page, 'predictions');
      await page.goto(`${stack.dashboard}/predictions?state=fault&sensor_id=${sensor}`);
      await page.getByRole('table', { name: 'Predictions' }).getByRole('link').first().click();
      await page
        .getByRole('img', { name: /in the window/ })
        .first()
        .waitFor();
      await look(page, 'prediction');
      if (theme === 'control') return; // the same pages in the same layout: two show the colours
      await page.goto(`${stack.dashboard}/alarms`);
      await page.getByRole('table', { name: 'Alarms' }).waitFor();
      await look(page, 'alarms');
      await page.getByRole('link', { name: 'Settings' }).click();
      await page.getByRole('table', { name: 'Services' }).waitFor();
      await look(page, 'status');
      await page.getByRole('link', { name: 'Models' }).click();
      await page.getByRole('table', { name: 'Models' }).waitFor();
      await look(page, 'models');
      await page.getByRole('link', { name: 'Sensors' }).click();
      await page.getByRole('table', { name: 'Sensors' }).waitFor();
      await look(page, 'sensors');
      await page.getByRole('button', { name: /^Edit/ }).first().click();
      await page.getByRole('dialog').waitFor();
      await look(page, 'sensor-edit');
    });
  }
}

journey('the first password is changed', async () => {
  const page = await openPage();
  const next = `new ${firstPassword} word`;
  await signIn(page, firstPassword);
  await page.getByLabel('Current password').fill(firstPassword);
  await page.getByLabel('New password', { exact: false }).first().fill(next);
  await page.getByLabel('New password again').fill(next);
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByText('Password changed.').waitFor();
  const other = await openPage();
  await signIn(other, firstPassword);
  await other.getByText('Name or password is wrong.').waitFor();
  await other.getByLabel('Password').fill(next);
  await other.getByRole('button', { name: 'Sign in' }).click();
  await other.getByRole('heading', { name: 'Dashboard' }).waitFor();
});

await play();
