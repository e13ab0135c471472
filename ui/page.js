// What the page does by itself, in the browser: strips by arrow keys, drawers that say their state, the
// focus, pasted pictures, numbers that are out of range, and the way to the tiles.
(() => {
  const calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

  // A strip of examples, or the plane of styles, is one stop of the Tab key; arrows move inside it.
  document.addEventListener('keydown', (event) => {
    const button = event.target.closest?.(':is(.strip, .plane) button');
    const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
    if (!button || !step) return;
    event.preventDefault();
    const all = [...button.closest('.strip, .plane').querySelectorAll('button')];
    all[(all.indexOf(button) + step + all.length) % all.length].focus();
  });
  document.addEventListener('focusin', (event) => {
    const button = event.target.closest?.(':is(.strip, .plane) button');
    if (!button) return;
    for (const each of button.closest('.strip, .plane').querySelectorAll('button')) each.tabIndex = -1;
    button.tabIndex = 0;
  });

  // Gradio's drawers say whether they are open by a class alone.
  const tell = (drawer) => drawer.setAttribute('aria-expanded', drawer.classList.contains('open'));
  new MutationObserver((changes) => {
    for (const {target, addedNodes} of changes) {
      if (target.matches?.('.label-wrap')) tell(target);
      for (const added of addedNodes) added.querySelectorAll?.('.label-wrap').forEach(tell);
    }
  }).observe(document.documentElement, {subtree: true, childList: true, attributeFilter: ['class']});

  // Where the focused element is disabled or drawn anew, its successor takes the focus, and never the body.
  let last = null;
  const after = {compare: 'stop', sweep: 'stop', stop: 'compare'};
  document.addEventListener('focusin', ({target}) => {
    const tile = target.closest('.tile'), kind = target.classList[0];
    const inside = tile && kind ? `[data-method="${tile.dataset.method}"] .${kind}` : '';
    last = {target, inside, box: target.closest('.picture-input')};
  });
  new MutationObserver(() => {
    if (!last || document.activeElement !== document.body) return;
    const {target, inside, box} = last;
    if (target.isConnected && !target.disabled && target.offsetParent) return;
    const next = after[target.id] ? document.getElementById(after[target.id])
      : inside ? document.querySelector(inside) : box?.querySelector('button');
    if (next && !next.disabled) next.focus({preventScroll: true});
  }).observe(document.documentElement, {subtree: true, childList: true, attributeFilter: ['disabled']});

  // A pasted picture goes where the pointer or the focus is, else to the first free input.
  document.addEventListener('paste', (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find((each) => each.type.startsWith('image/'));
    if (!file || document.querySelector('dialog[open]')) return;
    const inputs = [...document.querySelectorAll('.picture-input')];
    const free = (each) => each.querySelector('input[type=file]');
    const target = inputs.find((each) => free(each) && each.matches(':hover, :focus-within')) ?? inputs.find(free);
    if (!target) return;
    event.preventDefault();
    const data = new DataTransfer();
    data.items.add(file);
    free(target).files = data.files;
    free(target).dispatchEvent(new Event('change', {bubbles: true}));
  });

  // Gradio's icon for a file would clear the picture and open no dialog; from the live camera it leads back.
  document.addEventListener('click', (event) => {
    const box = event.target.closest?.('.picture-input .source-selection button:first-child')?.closest('.picture-input');
    const field = box?.querySelector('input[type=file]');
    if (!field || box.querySelector('video')) return;
    event.stopPropagation();
    field.click();
  }, true);

  // What is chosen or dropped there and is no picture, is told in our words, and what was there stays.
  for (const kind of ['click', 'change', 'drop']) document.addEventListener(kind, (event) => {
    event.target.closest?.('#inputs .column')?.querySelector('.not-picture')?.remove();
    const box = kind !== 'click' && event.target.closest?.('.picture-input');
    const files = [...(event.dataTransfer ?? event.target).files ?? []];
    const wrong = box && files.find((each) => each.type && !each.type.startsWith('image/'));
    if (!wrong) return;
    event.preventDefault();
    event.stopPropagation();
    if (kind === 'change') event.target.value = '';
    else event.target.dispatchEvent(new DragEvent('dragleave', {bubbles: true}));
    const note = document.createElement('p');
    note.className = 'status error not-picture';
    note.setAttribute('role', 'alert');
    note.textContent = say('page.not_picture', {name: wrong.name});
    box.after(note);
  }, true);

  // Gradio moves a number beyond its range to the nearest allowed one without a word: here is the word.
  const notes = new WeakMap();
  document.addEventListener('blur', (event) => {
    const field = event.target;
    if (!field.matches?.('input[type=number][min][max]')) return;
    const [value, low, high] = [field.value, field.min, field.max].map(Number);
    notes.get(field)?.remove();
    if (field.value === '' || (value >= low && value <= high)) return;
    const block = field.closest('.block') ?? field.parentElement;
    const [wrong, least, most, taken] = [value, low, high, Math.min(Math.max(value, low), high)].map((each) => each.toLocaleString(document.documentElement.lang || 'en'));
    const note = document.createElement('p');
    note.className = 'status error';
    note.setAttribute('role', 'alert');
    note.textContent = say('page.range', {value: wrong, low: least, high: most, taken});
    block.append(note);
    notes.set(field, note);
  }, true);

  // From a tile's few words to the method's screen in the other tab, and back to the tiles at a run.
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href^="#how-"]');
    if (!link) return;
    event.preventDefault();
    link.closest('[popover]')?.hidePopover();
    openTab('how-tab');
    const go = (left) => {
      const screen = document.querySelector(link.hash);
      if (screen?.offsetParent) {
        screen.scrollIntoView({behavior: calm() ? 'auto' : 'smooth'});
        screen.focus({preventScroll: true});
      } else if (left) setTimeout(go, 50, left - 1);
    };
    go(40);
  });

  function openTab(name) {
    const tab = document.getElementById(`${name}-button`);
    if (tab?.ariaSelected === 'false') tab.click();
  }

  // Scroll until the results are in the upper half, as the reader does not scroll meanwhile.
  window.showResults = () => {
    openTab('comparison-tab');
    for (const each of document.querySelectorAll('#grid > *')) each.style.order = '';
    const panel = document.getElementById('results');
    const pictures = document.querySelectorAll('.picture-input img').length;
    if (pictures < 2 || !panel) return;
    let others = false;
    const leave = () => { others = true; };
    for (const kind of ['wheel', 'touchstart', 'keydown']) addEventListener(kind, leave, {once: true, passive: true});
    const until = Date.now() + 3000;
    const look = () => {
      if (others || Date.now() > until) return;
      if (panel.getBoundingClientRect().top > innerHeight / 2) {
        panel.scrollIntoView({behavior: calm() ? 'auto' : 'smooth'});
      }
      setTimeout(look, 700);
    };
    look();
  };
})();
