// SPDX-License-Identifier: Apache-2.0
//
// See browser.sh. Expectations come from the store by SQL, not from the page.
'use strict';
const { execFileSync } = require('child_process');
const assert = require('assert');
const path = require('path');
const { chromium } = require('playwright-core');

const [file, store, shots] = process.argv.slice(2);
const url = 'file://' + path.resolve(file);

function ask(sql) {
	return execFileSync('sqlite3', ['-batch', store, sql], { encoding: 'utf8' }).trim();
}
function counts(sql) {
	return ask(sql).split('\n').map(line => line.split('|')).map(([k, n]) => [k, Number(n)]);
}
function ok(text) {
	console.log('  ok: ' + text);
}

async function open(browser, options) {
	const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
	const page = await context.newPage();
	const bad = [];

	page.on('console', m => { if (m.type() !== 'log') bad.push('console: ' + m.text()); });
	page.on('pageerror', e => bad.push('error: ' + e.message));
	page.on('request', r => {
		if (r.url().split('#')[0] !== url && !r.url().startsWith('data:'))
			bad.push('request: ' + r.url());
	});
	await page.goto(url);
	return { page, bad };
}

const visible = page => page.locator('#questions .card:visible').count();
const setsVisible = page => page.locator('#questions .set:visible').count();

async function numbers(page) {
	const wanted = counts(`SELECT 'funnel.' || step, count FROM funnel UNION ALL
		SELECT 'lost.6.blind_answerable', count(*) FROM questions WHERE reason = 'blind_answerable'
		UNION ALL SELECT 'lost.7.not_visible', count(*) FROM questions WHERE reason = 'not_visible'
		UNION ALL SELECT 'kept', count(*) FROM questions WHERE verdict = 'keep'
		UNION ALL SELECT 'gold.' || letter, questions FROM answer_letters
		UNION ALL SELECT 'cost.calls', sum(calls ->> '$') FROM runs`);
	for (const [name, count] of wanted) {
		const text = await page.locator(`[data-of="${name}"]`).first().textContent();
		assert.strictEqual(Number(text.replaceAll(',', '')), count, name);
	}
	assert(wanted.length >= 17);
	ok(wanted.length + ' numbers are the store\'s');
}

async function filter(page) {
	const all = await visible(page);
	const [id, gold] = ask(`SELECT question_id, verdict FROM questions WHERE reason = 'not_visible'
		ORDER BY question_id LIMIT 1`).split('|');

	await page.fill('#filter', id);
	assert.strictEqual(await visible(page), 1);
	assert.strictEqual(await setsVisible(page), 1);
	assert.match(await page.textContent('#found'), /^1 card /);
	await page.fill('#filter', 'no question says this');
	assert.strictEqual(await visible(page), 0);
	await page.fill('#filter', '');
	assert.strictEqual(await visible(page), all);
	assert.strictEqual(gold, 'drop');
	ok('the filter finds one question by its id, and none that is not there');
}

async function galleries(page) {
	const all = await setsVisible(page);
	const reasons = Number(ask('SELECT count(*) FROM (SELECT 1 FROM questions GROUP BY verdict, reason)'));
	const wanted = Number(ask("SELECT min(count(*), 24) FROM questions WHERE reason = 'not_visible'"));

	assert.strictEqual(all, reasons);
	await page.click('.chips button:has-text("not_visible")');
	assert.strictEqual(await setsVisible(page), 1);
	assert.strictEqual(await visible(page), wanted);
	await page.keyboard.press('2');
	assert.match(await page.locator('#questions .set:visible h3').textContent(), /^Dropped/);
	await page.keyboard.press('1');
	assert.match(await page.locator('#questions .set:visible h3').textContent(), /^Kept/);
	await page.keyboard.press('0');
	assert.strictEqual(await setsVisible(page), all);
	ok('chips and the keys 0 to 9 choose a gallery');
}

async function keys(page) {
	const focused = () => page.evaluate(() => {
		const card = document.activeElement.closest('.card');
		return card && card.querySelector('.foot code').textContent;
	});
	const ids = ask(`SELECT question_id FROM questions WHERE verdict = 'keep'
		ORDER BY question_id LIMIT 2`).split('\n');

	await page.keyboard.press('1');
	await page.keyboard.press('j');
	assert.strictEqual(await focused(), ids[0]);
	await page.keyboard.press('j');
	assert.strictEqual(await focused(), ids[1]);
	await page.keyboard.press('k');
	assert.strictEqual(await focused(), ids[0]);
	assert.strictEqual(await page.locator('.card:focus table.trials tbody tr:visible').count(), 0);
	await page.keyboard.press('t');
	assert.strictEqual(await page.locator('.card:focus table.trials tbody tr:visible').count(),
		Number(ask(`SELECT sum(asked) FROM tallies t JOIN questions q ON q.id = t.question
			WHERE q.question_id = '${ids[0]}'`)));
	await page.keyboard.press('?');
	assert(await page.locator('#help').isVisible());
	await page.keyboard.press('Escape');
	assert(!await page.locator('#help').isVisible());
	await page.keyboard.press('/');
	await page.keyboard.type('j');
	assert.strictEqual(await page.inputValue('#filter'), 'j');
	await page.fill('#filter', '');
	await page.keyboard.press('Escape');
	await page.keyboard.press('0');
	ok('j and k walk the cards, t opens the trials, ? helps, / filters');
}

async function details(page) {
	await page.locator('#questions .set').nth(1).locator('summary').first().click();
	assert(await page.locator('#questions .set').nth(1).locator('table.trials').first().isVisible());
	await page.locator('#letters summary').first().click();
	assert(await page.locator('#letters table').first().isVisible());
	ok('trials and the numbers behind a chart open by a click');
}

// What is injected into the page after all does not run.
async function policy(page) {
	const ran = await page.evaluate(() => new Promise(done => {
		const script = document.createElement('div');
		window.ran = 0;
		script.innerHTML = '<img src="data:," onerror="window.ran = 1">';
		document.body.append(script);
		const inline = document.createElement('script');
		inline.textContent = 'window.ran = 2';
		document.body.append(inline);
		script.firstChild.addEventListener('error', () => requestAnimationFrame(() => done(window.ran)));
	}));
	assert.strictEqual(ran, 0);
	ok('the policy keeps an injected handler and script from running');
}

async function seen(page) {
	const broken = await page.evaluate(async () => {
		const all = Array.from(document.images);
		all.forEach(i => { i.loading = 'eager'; });
		await Promise.all(all.map(i => i.decode().catch(() => 0)));
		return all.filter(i => !i.naturalWidth || !i.alt).length;
	});
	const bare = await page.evaluate(() => Array.from(document.querySelectorAll(
		'svg:not([aria-hidden]):not([aria-label]), table:not(:has(caption)), section:not([aria-labelledby]):not(.set)')).length);
	assert.strictEqual(broken, 0);
	assert.strictEqual(bare, 0);
	for (const mark of ['main', 'nav', 'footer', 'h1'])
		assert.strictEqual(await page.locator(mark).count(), 1, mark);
	ok('every image is drawn and has a text, every chart and table a name, landmarks are there');
}

async function shoot(page, name, full) {
	if (shots)
		await page.screenshot({ path: path.join(shots, name + '.png'), fullPage: full });
}

async function main() {
	const browser = await chromium.launch({ executablePath: '/usr/bin/chromium',
		args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
	try {
		let { page, bad } = await open(browser, {});
		await shoot(page, 'light', true);
		await numbers(page);
		await filter(page);
		await galleries(page);
		await keys(page);
		await details(page);
		await seen(page);
		assert.deepStrictEqual(bad, []);
		ok('no console message, no error, no request');
		if (shots)
			await page.pdf({ path: path.join(shots, 'print.pdf'), format: 'A4' });
		await policy(page);

		({ page, bad } = await open(browser, { colorScheme: 'dark' }));
		const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
		assert(paper.match(/\d+/g).every(n => Number(n) < 60), paper);
		ok('dark where that is wanted');
		await shoot(page, 'dark', true);

		({ page, bad } = await open(browser, { viewport: { width: 390, height: 844 } }));
		assert.strictEqual(await page.evaluate(() => document.documentElement.scrollWidth), 390);
		ok('390 pixels are enough');
		await shoot(page, 'phone', true);

		({ page, bad } = await open(browser, { javaScriptEnabled: false }));
		assert.strictEqual(await page.locator('.tools:visible').count(), 0);
		assert.strictEqual(await visible(page), await page.locator('#questions .card').count());
		await page.locator('#questions summary').first().click();
		assert(await page.locator('#questions table.trials').first().isVisible());
		ok('without scripts everything is there and nothing dead');
	} finally {
		await browser.close();
	}
}

main().catch(e => { console.error('FAIL: ' + e.stack); process.exit(1); });
