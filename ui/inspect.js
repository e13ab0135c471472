// Inspect: a dialog about one tile's picture as it was painted. What it shows is computed once a picture;
// which of two pictures differ where, and which patches are nearest, is found here.
(() => {
  const known = new Map();  // what has come, by the picture's address
  const MOST = 8;
  const LARGEST = 1024;  // px, long side of the difference
  let dialog, body, button = null, method = '';
  let source = '', pending = '', asked = 0;  // the picture that is shown, and that which was asked for last

  const limit = (value, low, high) => Math.min(Math.max(value, low), high);
  const name = (tile) => tile.querySelector('h2').firstChild.textContent;

  function build() {
    dialog = document.createElement('dialog');
    dialog.id = 'inspect';
    dialog.setAttribute('aria-labelledby', 'inspect-title');
    dialog.innerHTML = '<header><h2 id="inspect-title"></h2><button type="button" class="close">×</button></header>'
      + '<div class="body"></div>';
    body = dialog.querySelector('.body');
    const close = dialog.querySelector('.close');
    close.setAttribute('aria-label', say('face.close'));
    close.addEventListener('click', () => dialog.close());
    dialog.addEventListener('close', returnFocus);
    dialog.addEventListener('click', choose);
    document.querySelector('.gradio-container').append(dialog);
    new MutationObserver(arrived).observe(document.getElementById('inspected'), {subtree: true, childList: true});
  }

  document.addEventListener('click', (event) => {
    const found = event.target.closest?.('#grid .inspect');
    if (found) open(found);
  });

  function open(from) {
    const tile = from.closest('.tile');
    if (!dialog) build();
    button = from;
    method = tile.dataset.method;
    source = asPainted(tile.querySelector('.result'));
    dialog.querySelector('h2').textContent = from.getAttribute('aria-label');
    dialog.showModal();
    dialog.querySelector('.close').focus();
    if (known.has(source)) return show(known.get(source));
    asked += 1;
    pending = source;
    body.innerHTML = `<p class="status" role="status">${say('page.inspect.wait')}</p>`;
    const detail = {index: asked, value: [method, from.dataset.kept]};
    document.dispatchEvent(new CustomEvent('inspect', {detail}));
  }

  // The tile may have been drawn anew meanwhile
  function returnFocus() {
    const there = button?.isConnected ? button : document.querySelector(`[data-method="${method}"] .inspect, #compare`);
    there?.focus({preventScroll: true});
  }

  function arrived() {
    const found = document.querySelector('#inspected .inspection');
    if (Number(found?.dataset.number) !== asked) return;  // of what was asked for before
    if (found.querySelector('.seen')) {
      known.set(pending, found.innerHTML);
      if (known.size > MOST) known.delete(known.keys().next().value);
    }
    if (dialog.open && pending === source) show(found.innerHTML);
  }

  function show(html) {
    body.innerHTML = html;
    if (!body.querySelector('.seen')) return;
    compare(body.querySelector('[data-view="difference"]'));
    point(body.querySelector('[data-view="patches"]'));
  }

  // Of each group of buttons one is pressed, and what belongs to it is shown.
  function choose(event) {
    const pressed = event.target.closest('[data-group] button');
    if (!pressed) return;
    const {group} = pressed.parentNode.dataset;
    for (const each of pressed.parentNode.children) each.setAttribute('aria-pressed', each === pressed);
    for (const each of body.querySelectorAll(`[data-${group}]`)) each.hidden = each.dataset[group] !== pressed.dataset.value;
  }

  // The absolute difference to another picture of the comparison, many times enlarged
  function compare(section) {
    const select = section.querySelector('.other'), gain = section.querySelector('.gain');
    const own = document.querySelector(`#grid .tile[data-method="${method}"]`);
    const others = [...document.querySelectorAll('#grid .tile')].filter((each) => (
      each !== own && each.dataset.state === 'done' && each.querySelector('.result')));
    select.options[0].value = own.querySelector('.photo').src;
    select.prepend(...others.map((each) => new Option(name(each), asPainted(each.querySelector('.result')))));
    select.selectedIndex = 0;
    const draw = async () => {
      section.querySelector('.times').textContent = `${gain.value} ×`;
      const wanted = `${select.value} ${gain.value}`;
      section.dataset.wanted = wanted;
      const images = await Promise.all([source, select.value].map(loaded));
      if (section.dataset.wanted !== wanted) return;
      const {naturalWidth: w, naturalHeight: h} = images[0], scale = Math.min(1, LARGEST / Math.max(w, h));
      const [one, two] = images.map((each) => pixels(each, Math.round(w * scale), Math.round(h * scale)));
      let sum = 0;
      for (let at = 0; at < one.data.length; at += 1) {
        if (at % 4 === 3) continue;  // opacity
        const apart = Math.abs(one.data[at] - two.data[at]);
        sum += apart;
        one.data[at] = limit(apart * gain.value, 0, 255);
      }
      const canvas = section.querySelector('canvas');
      Object.assign(canvas, {width: one.width, height: one.height});
      canvas.getContext('2d').putImageData(one, 0, 0);
      const mean = (sum / (one.width * one.height * 3)).toFixed(1);
      section.querySelector('.told').textContent = say('page.inspect.mean', {mean});
    };
    select.addEventListener('change', draw);
    gain.addEventListener('input', draw);
    draw();
  }

  // The patch under the pointer, and the painting's that is nearest to it
  function point(section) {
    const map = JSON.parse(section.querySelector('.pointing').dataset.map);
    const [field, found] = ['.field', '.found'].map((each) => section.querySelector(each));
    const canvases = section.querySelectorAll('canvas');
    const rows = map.places.length / map.columns;
    let column = Math.floor(map.columns / 2), row = Math.floor(rows / 2);

    function mark(box, canvas, at) {
      const image = box.querySelector('img'), {naturalWidth: w, naturalHeight: h} = image;
      box.style.setProperty('--ratio', w / h);
      const [left, top] = at.map((each) => (each + 0.5) * map.stride - map.patch / 2);
      Object.assign(box.querySelector('i').style, {left: `${100 * left / w}%`, top: `${100 * top / h}%`,
        width: `${100 * map.patch / w}%`, height: `${100 * map.patch / h}%`});
      Object.assign(canvas, {width: map.patch, height: map.patch});  // which clears it
      canvas.getContext('2d').drawImage(image, -left, -top);
    }

    function draw() {
      const at = row * map.columns + column, place = map.places[at];
      const [y, x] = [Math.floor(place / map.painted), place % map.painted];
      mark(field, canvases[0], [column, row]);
      mark(found, canvases[1], [x, y]);
      section.querySelector('.told').textContent = say('page.inspect.told', {
        column: column + 1, row: row + 1, x: x + 1, y: y + 1, distance: map.distances[at].toFixed(2)});
    }

    function move(to) {
      [column, row] = [limit(to[0], 0, map.columns - 1), limit(to[1], 0, rows - 1)];
      draw();
    }

    const follow = (event) => {
      const {left, top, width, height} = field.getBoundingClientRect();
      move([Math.floor((event.clientX - left) / width * map.columns), Math.floor((event.clientY - top) / height * rows)]);
    };
    field.addEventListener('pointermove', follow);
    field.addEventListener('pointerdown', follow);
    field.addEventListener('keydown', (event) => {
      const step = {ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1]}[event.key];
      if (!step) return;
      event.preventDefault();
      move([column + step[0], row + step[1]]);
    });
    Promise.all([...section.querySelectorAll('img')].map((each) => each.decode())).then(draw);
  }
})();
