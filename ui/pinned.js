// A comparison that is pinned: its pictures stay above the tiles, with their numbers beside those of now, and
// join the others face to face. And tiles of an earlier photo or painting say so.
(() => {
  const $ = (selector) => document.querySelector(selector);
  const NUMBERS = ['style', 'content'];

  function pin() {
    const box = $('#pinned section'), items = box.querySelector('.items');
    const tiles = [...document.querySelectorAll('#grid .tile')].filter((tile) => tile.querySelector('.result'));
    items.replaceChildren(...tiles.map((tile) => {
      const item = document.createElement('button'), image = document.createElement('img');
      const words = document.createElement('span'), title = tile.querySelector('h2').firstChild.textContent;
      Object.assign(item, {type: 'button', className: 'item'});
      Object.assign(item.dataset, {method: tile.dataset.method, name: `${title} (${box.dataset.mark})`, title});
      for (const each of NUMBERS) item.dataset[each] = tile.dataset[each] ?? '';
      Object.assign(image, {src: tile.querySelector('.result').src, alt: ''});
      item.append(image, words);
      return item;
    }));
    box.querySelector('.what').textContent = $('.pair-head p').innerText.replace('\n', ' ');
    box.hidden = !tiles.length;
    tell();
  }

  // Each pinned number, and after an arrow what the same method has now
  function tell() {
    const box = $('#pinned section');
    if (!box || box.hidden) return;
    for (const item of box.querySelectorAll('.item')) {
      const now = $(`#grid [data-method="${item.dataset.method}"]`)?.dataset ?? {};
      const line = (each) => {
        const then = item.dataset[each], changed = now[each] && now[each] !== then;
        return then ? `${box.dataset[each]} ${then}${changed ? ` → ${now[each]}` : ''}` : '';
      };
      const words = [item.dataset.title, ...NUMBERS.map(line)].filter(Boolean).join('\n');
      const text = item.querySelector('span');
      if (text.textContent !== words) text.textContent = words;
    }
  }

  document.addEventListener('click', ({target}) => {
    if (target.closest?.('.pair-head .pin')) pin();
    const item = target.closest?.('#pinned .item');
    if (item) window.faceToFace(item.dataset.name, item.dataset.title, item);
    if (target.closest?.('#pinned .unpin')) {
      $('#pinned section').hidden = true;
      $('#pinned .items').replaceChildren();
      $('.pair-head .pin')?.focus();
    }
  });

  // What the inputs showed when a comparison was asked for; an earlier one, or one from a ZIP, fills in both,
  // one after the other.
  const SETTLED = 1500;  // ms
  const ASKED = '#compare, #sweep, .strip.wide button, #earlier button, .offer';
  let asked = false, drawn = [], until = 0;
  document.addEventListener('click', ({target}) => { asked ||= Boolean(target.closest?.(ASKED)); }, true);
  for (const kind of ['change', 'drop']) {
    document.addEventListener(kind, ({target}) => { asked ||= Boolean(target.closest?.('#restore')); }, true);
  }
  const inputs = () => [0, 1].map((place) => $(`#inputs .column:nth-child(${place + 1}) .picture-input img`)?.src ?? '');

  function compared(changes) {
    const newest = $('#results .pair-head'), grid = $('#grid'), now = inputs();
    if (!newest || !grid) return;
    if (asked && changes.some(({target}) => grid.contains(target))) [asked, until] = [false, Date.now() + SETTLED];
    if (Date.now() < until) drawn = now;
    const changed = now.map((src, place) => Boolean(src && drawn[place] && src !== drawn[place]));
    const line = newest.querySelector('.old');
    const which = ['', 'photo', 'painting', 'both'][changed[0] + 2 * changed[1]];
    if (line) line.dataset.until = until;
    if (!line || line.dataset.which === which) return;
    line.dataset.which = which;
    line.textContent = which ? line.dataset[which] : '';
    grid.classList.toggle('old', Boolean(which));
    grid.style.setProperty('--old', JSON.stringify(line.textContent));
  }

  new MutationObserver((changes) => { compared(changes); tell(); }).observe(
    document.documentElement, {subtree: true, childList: true, attributeFilter: ['src', 'data-state']});
})();
