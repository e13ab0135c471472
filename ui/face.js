// Pictures face to face: a dialog with two of them, or all, whose zoom and place are the same everywhere.
// And on a tile: a drag over the picture uncovers the photo, a click opens the dialog.
(() => {
  const MODES = {  // its name, and what can be done with a mouse and with fingers
    slider: [say('face.slider'), say('face.slider.hint'), say('face.slider.touch')],
    beside: [say('face.beside'), say('face.beside.hint'), say('face.beside.touch')],
    blink: [say('face.blink'), say('face.blink.hint'), say('face.blink.touch')],
    all: [say('face.all'), say('face.all.hint'), say('face.all.touch')],
  };
  const touch = matchMedia('(hover: none) and (pointer: coarse)');
  const LARGEST = 16;  // screen pixels for one of a picture

  // What is shown: the names of two pictures, the zoom relative to a fit, and what is in the middle, as
  // shares of width and height.
  const view = {mode: 'slider', left: '', right: '', zoom: 1, x: 0.5, y: 0.5, split: 50};
  let dialog, stage, pictures = [], opener = null, method = '';

  const $ = (selector) => dialog.querySelector(selector);
  const limit = (value, low, high) => Math.min(Math.max(value, low), high);

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
      else made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  }

  // Photo, painting, and each method's picture as far as it is
  function collect() {
    const inputs = [...document.querySelectorAll('.pair-head figure')].map((figure) => (
      {name: figure.textContent.trim(), src: figure.querySelector('img').src}));
    const results = [...document.querySelectorAll('#grid .tile')].filter((tile) => tile.querySelector('.result'));
    const pinned = [...document.querySelectorAll('#pinned .item')];
    return [...inputs, ...results.map((tile) => (
      {name: tile.querySelector('h2').firstChild.textContent, src: tile.querySelector('.result').src})),
    ...pinned.map((item) => ({name: item.dataset.name, src: item.querySelector('img').src}))];
  }

  function build() {
    const select = (side) => element('select', {
      'aria-label': side === 'left' ? say('face.left') : say('face.right'), class: side,
      onchange: (event) => { view[side] = event.target.value; draw(); },
    });
    const button = (words, act, label = words) => element('button', {
      type: 'button', 'aria-label': label, onclick: act}, words);
    const modes = Object.entries(MODES).map(([mode, [words]]) => element('button', {
      type: 'button', 'data-mode': mode, onclick: () => { view.mode = mode; draw(); }}, words));
    stage = element('div', {class: 'stage'});
    dialog = element('dialog', {id: 'face', 'aria-label': say('face.title')},
      element('header', {},
        element('div', {class: 'choice'}, select('left'), select('right')),
        element('div', {class: 'modes', role: 'group', 'aria-label': say('face.view')}, ...modes),
        element('div', {class: 'zoom', role: 'group', 'aria-label': say('face.zoom')},
          button('−', () => zoomBy(1 / 1.5), say('face.out')), element('output', {'aria-label': say('face.zoom')}),
          button('+', () => zoomBy(1.5), say('face.in')), button(say('face.fit'), fit), button('1:1', actualSize, say('face.actual'))),
        element('button', {type: 'button', class: 'close', 'aria-label': say('face.close'), onclick: () => dialog.close()}, '×')),
      stage, element('p', {class: 'hint'}));
    dialog.addEventListener('close', returnFocus);
    dialog.addEventListener('keydown', pressed);
    dialog.addEventListener('keyup', (event) => { if (event.key === ' ') blink(false); });
    stage.addEventListener('wheel', wheel, {passive: false});
    stage.addEventListener('pointerdown', grab);
    stage.addEventListener('dblclick', (event) => (view.zoom > 1.01 ? fit() : zoomBy(3, event)));
    stage.addEventListener('dragstart', (event) => event.preventDefault());
    new ResizeObserver(place).observe(stage);
    new MutationObserver(() => { if (dialog.open) refresh(); }).observe(
      document.getElementById('results'), {subtree: true, childList: true, attributeFilter: ['src']});
    document.querySelector('.gradio-container').append(dialog);
  }

  function open(tile, from) {
    if (!dialog) build();
    pictures = collect();
    opener = from;
    method = tile?.dataset.method ?? '';
    const name = tile?.querySelector('h2').firstChild.textContent ?? pictures[1]?.name;
    view.right = name;
    if (!pictures.some((each) => each.name === view.left) || view.left === name) view.left = pictures[0].name;
    Object.assign(view, {zoom: 1, x: 0.5, y: 0.5, split: 50});
    dialog.showModal();
    draw();
    $('.modes [aria-pressed=true]').focus();
  }

  // Two pictures by name, or the first and the photo where there is no second
  window.faceToFace = (left, right, from) => {
    open(null, from);
    if (!pictures.some((each) => each.name === right)) right = pictures[0].name;
    Object.assign(view, {left, right});
    draw();
  };

  // The tile may have been drawn anew meanwhile
  function returnFocus() {
    const there = opener?.isConnected ? opener : document.querySelector(`[data-method="${method}"] .look, #compare`);
    there?.focus({preventScroll: true});
  }

  // A run goes on beneath: newer pictures take the place of older ones
  function refresh() {
    const known = pictures.map((each) => each.name).join();
    pictures = collect();
    if (pictures.length < 2) dialog.close();
    else if (known !== pictures.map((each) => each.name).join()) draw();
    else for (const image of stage.querySelectorAll('img')) {
      const {src} = pictures.find((each) => each.name === image.dataset.name);
      if (image.src !== src) image.src = src;
    }
  }

  function draw() {
    const names = pictures.map((each) => each.name);
    for (const side of ['left', 'right']) {
      if (!names.includes(view[side])) view[side] = names[side === 'left' ? 0 : names.length - 1];
      $(`select.${side}`).replaceChildren(...names.map((name) => element('option', {value: name}, name)));
      $(`select.${side}`).value = view[side];
    }
    for (const each of dialog.querySelectorAll('[data-mode]')) {
      each.setAttribute('aria-pressed', each.dataset.mode === view.mode);
    }
    dialog.dataset.mode = view.mode;
    $('.hint').textContent = MODES[view.mode][touch.matches ? 2 : 1];
    const {left, right} = view;
    const layer = (name, kind = '') => {
      const {src} = pictures.find((each) => each.name === name);
      return element('img', {src, alt: name, 'data-name': name, class: kind, onload: place});
    };
    const pane = (caption, ...inside) => element('figure', {}, ...inside, element('figcaption', {}, caption));
    const panes = {
      slider: () => [pane('', layer(right), element('div', {class: 'cut'}, layer(left)), ...slider())],
      beside: () => [pane(left, layer(left)), pane(right, layer(right))],
      blink: () => [pane(left, layer(left), layer(right, 'other'))],
      all: () => names.map((name) => pane(name, layer(name))),
    };
    stage.replaceChildren(...panes[view.mode]());
    stage.style.setProperty('--panes', stage.children.length);
    slide(view.split);
    place();
  }

  function slider() {
    return [
      element('input', {type: 'range', min: 0, max: 100, value: view.split,
        'aria-label': say('face.slider.label'),
        oninput: (event) => slide(Number(event.target.value))}),
      element('i', {class: 'line', 'aria-hidden': 'true'}),
    ];
  }

  function slide(percent) {
    view.split = limit(percent, 0, 100);
    stage.style.setProperty('--split', `${view.split}%`);
    const range = stage.querySelector('input');
    if (range) range.value = view.split;
  }

  function blink(other) {
    const caption = stage.querySelector('figcaption');
    if (view.mode !== 'blink' || !caption) return;
    stage.classList.toggle('blinked', other);
    caption.textContent = other ? view.right : view.left;
  }

  // Zoom and place

  // A pane's middle, and the size of its picture where it fits
  function frame(pane, image = pane.querySelector('img')) {
    const {left, top, width, height} = pane.getBoundingClientRect();
    const ratio = image.naturalWidth / image.naturalHeight || 1;
    const fitted = Math.min(width, height * ratio);
    return {middleX: left + width / 2, middleY: top + height / 2, width: fitted, height: fitted / ratio};
  }

  // The zoom at which a picture's pixel is one of the screen, as CSS counts them
  function actual() {
    const images = [...stage.querySelectorAll('img')];
    const image = images.find((each) => each.dataset.name === view.right) ?? images[0];
    return image ? (image.naturalWidth || 512) / frame(image.closest('figure'), image).width : 1;
  }

  function place() {
    if (!dialog.open) return;
    view.x = limit(view.x, 0, 1);
    view.y = limit(view.y, 0, 1);
    for (const pane of stage.children) atEdge(pane);
    for (const image of stage.querySelectorAll('img')) {
      const {width, height} = frame(image.closest('figure'), image);
      const [x, y] = [(0.5 - view.x) * width * view.zoom, (0.5 - view.y) * height * view.zoom];
      image.style.transform = `translate(${x}px, ${y}px) scale(${view.zoom})`;
    }
    $('output').textContent = `${Math.round(100 * view.zoom / actual())} %`;
  }

  // A caption stands in the picture's lower left corner, or the pane's where the picture goes beyond
  function atEdge(pane) {
    const {width, height} = frame(pane), {width: across, height: down} = pane.getBoundingClientRect();
    const left = across / 2 - view.x * width * view.zoom, under = down / 2 - (1 - view.y) * height * view.zoom;
    pane.style.setProperty('--edge-x', `${Math.max(0, left)}px`);
    pane.style.setProperty('--edge-y', `${Math.max(0, under)}px`);
  }

  // About a point of the screen, where there is one: what lies there stays there
  function zoomBy(factor, point) {
    const one = actual();
    const next = limit(view.zoom * factor, Math.min(1, one), LARGEST * one);
    const pane = point?.target?.closest('figure');
    if (pane) {
      const {middleX, middleY, width, height} = frame(pane);
      view.x += (point.clientX - middleX) / width * (1 / view.zoom - 1 / next);
      view.y += (point.clientY - middleY) / height * (1 / view.zoom - 1 / next);
    }
    view.zoom = next;
    place();
  }

  function fit() { Object.assign(view, {zoom: 1, x: 0.5, y: 0.5}); place(); }

  function actualSize() { view.zoom = actual(); place(); }

  function wheel(event) {
    event.preventDefault();
    const slow = event.ctrlKey ? 100 : 400;  // two fingers on a touchpad turn a smaller wheel
    zoomBy(Math.exp(-limit(event.deltaY, -120, 120) / slow), event);
  }

  // One finger or the mouse moves, two fingers zoom as well; the line follows where there is nothing to move.
  const fingers = new Map();

  function grab(event) {
    const pane = event.target.closest('figure');
    if (event.button || !pane) return;
    if (!fingers.size) {
      addEventListener('pointermove', drag);
      for (const kind of ['pointerup', 'pointercancel']) addEventListener(kind, release);
    }
    const {left, width} = pane.getBoundingClientRect();
    const near = Math.abs(event.clientX - left - width * view.split / 100) < 24;
    const line = view.mode === 'slider' && (near || view.zoom <= 1.01);
    fingers.set(event.pointerId, {x: event.clientX, y: event.clientY, pane, line});
    blink(true);
  }

  function drag(event) {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = {...before, x: event.clientX, y: event.clientY};
    const {left, width: across} = before.pane.getBoundingClientRect();
    if (before.line && fingers.size === 1) slide(100 * (now.x - left) / across);
    else {
      const {width, height} = frame(before.pane);
      view.x -= (now.x - before.x) / width / view.zoom / fingers.size;
      view.y -= (now.y - before.y) / height / view.zoom / fingers.size;
      const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
      if (other) {
        const apart = (each) => Math.hypot(each.x - other.x, each.y - other.y) || 1;
        const middle = {clientX: (now.x + other.x) / 2, clientY: (now.y + other.y) / 2, target: before.pane};
        zoomBy(apart(now) / apart(before), middle);
      } else place();
    }
    fingers.set(event.pointerId, now);
  }

  function release(event) {
    fingers.delete(event.pointerId);
    if (fingers.size) return;
    blink(false);
    removeEventListener('pointermove', drag);
    for (const kind of ['pointerup', 'pointercancel']) removeEventListener(kind, release);
  }

  function pressed(event) {
    if (event.target.matches('select') || event.ctrlKey || event.metaKey || event.altKey) return;
    const names = pictures.map((each) => each.name);
    const move = (side, step) => {
      view[side] = names[(names.indexOf(view[side]) + step + names.length) % names.length];
      draw();
    };
    const keys = {
      ArrowRight: () => move('right', 1), ArrowLeft: () => move('right', -1),
      ArrowDown: () => move('left', 1), ArrowUp: () => move('left', -1),
      '+': () => zoomBy(1.5), '-': () => zoomBy(1 / 1.5), 0: fit, 1: actualSize,
    };
    if (view.mode === 'blink') keys[' '] = () => blink(true);
    if (!keys[event.key] || (event.target.matches('input') && event.key.startsWith('Arrow'))) return;
    event.preventDefault();
    keys[event.key]();
  }

  // The tiles

  let dragged = false;

  document.addEventListener('pointerdown', (event) => {
    const picture = event.target.closest?.('#grid .picture'), split = picture?.querySelector('.split');
    dragged = false;
    if (!split || event.button || event.pointerType === 'touch') return;  // a finger scrolls and taps
    const move = (now) => {
      dragged ||= Math.abs(now.clientX - event.clientX) > 4;
      if (!dragged) return;
      const {left, width} = picture.getBoundingClientRect();
      split.value = 100 * (now.clientX - left) / width;
      split.dispatchEvent(new Event('input'));
    };
    addEventListener('pointermove', move);
    addEventListener('pointerup', () => removeEventListener('pointermove', move), {once: true});
  });

  document.addEventListener('dragstart', (event) => {
    if (event.target.closest?.('#grid .picture')) event.preventDefault();
  });

  document.addEventListener('click', (event) => {
    const there = event.target.closest?.('#grid .picture, #grid .look, .pair-head img');
    const tile = there?.closest('.tile');
    if (!there || dragged || (tile && !tile.querySelector('.result'))) return;
    if (collect().length > 1) open(tile, tile?.querySelector('.look') ?? null);
  });
})();
