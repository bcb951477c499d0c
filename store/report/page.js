// The filter, the galleries and the keys of a report. Without it everything is shown.
'use strict';
(function () {
	const sets = Array.from(document.querySelectorAll('#questions .set'));
	const cards = Array.from(document.querySelectorAll('.card'));
	const chips = Array.from(document.querySelectorAll('.chips button'));
	const filter = document.getElementById('filter');
	const found = document.getElementById('found');
	const help = document.getElementById('help');
	const texts = new Map();
	let chosen = '';

	document.querySelectorAll('.tools, .keys').forEach(e => { e.hidden = false; });
	document.querySelectorAll('nav.bar a').forEach(a => {
		a.hidden = !document.querySelector(a.getAttribute('href'));
	});

	function textOf(card) {
		if (!texts.has(card))
			texts.set(card, card.textContent.toLowerCase());
		return texts.get(card);
	}
	function show() {
		const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
		let count = 0;

		for (const set of sets) {
			let any = false;
			for (const card of set.querySelectorAll('.card')) {
				card.hidden = !words.every(w => textOf(card).includes(w));
				any = any || !card.hidden;
				if (!card.hidden && (!chosen || set.dataset.set === chosen))
					count++;
			}
			set.hidden = (chosen && set.dataset.set !== chosen) || (words.length && !any);
		}
		chips.forEach(c => c.setAttribute('aria-pressed', String(c.dataset.show === chosen)));
		found.textContent = words.length || chosen ?
			count + (count === 1 ? ' card' : ' cards') + ' of those on this page' : '';
	}
	function choose(chip) {
		if (!chip)
			return;
		chosen = chip.dataset.show;
		show();
		document.querySelector('#questions .tools').scrollIntoView({ block: 'nearest' });
	}
	function step(by) {
		const seen = cards.filter(c => c.offsetParent);
		const at = seen.indexOf(document.activeElement.closest('.card'));
		const first = at < 0 ? seen.findIndex(c => c.closest('#questions')) : at + by;
		const next = seen[Math.max(0, Math.min(seen.length - 1, first))];

		if (next) {
			next.focus({ preventScroll: true });
			next.scrollIntoView({ block: 'center' });
		}
	}
	function toggle() {
		const card = document.activeElement.closest('.card');
		const details = card && card.querySelector('details');

		if (details)
			details.open = !details.open;
	}

	if (filter)
		filter.addEventListener('input', show);
	chips.forEach(c => c.addEventListener('click', () => choose(c)));
	document.addEventListener('keydown', e => {
		if (e.ctrlKey || e.metaKey || e.altKey || help.open)
			return;
		if (e.target === filter) {
			if (e.key === 'Escape')
				filter.blur();
			return;
		}
		if (e.key === 'j' || e.key === 'k')
			step(e.key === 'j' ? 1 : -1);
		else if (e.key === 't')
			toggle();
		else if (e.key === '?')
			help.showModal();
		else if (e.key === '/' && filter)
			filter.focus();
		else if (/^[0-9]$/.test(e.key))
			choose(chips[Number(e.key)]);
		else
			return;
		e.preventDefault();
	});
})();
