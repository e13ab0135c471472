// Strength and colours of a finished picture, at once: computed here from the photo and the picture, as
// methods/blend.py does it, and shown, compared face to face, pinned and saved from then on.
(() => {
  const LUMA = [0.299, 0.587, 0.114];  // of core/colour.py
  const FULL = {strength: 100, colours: false};
  const chosen = new Map();  // by the address of a picture as it was painted
  let held = {own: ''};  // the pixels of the tile that was blended last

  const parts = (tile) => Object.fromEntries(
    ['photo', 'result', 'strength', 'colours', 'blended'].map((name) => [name, tile.querySelector(`.${name}`)]));
  const own = ({result}) => asPainted(result);
  const same = (one, other) => one.strength === other.strength && one.colours === other.colours;

  // The pixels of both, at the picture's size
  async function both(tile) {
    const {photo, result} = parts(tile), src = own({result});
    if (held.own === src) return held;
    const images = await Promise.all([src, photo.src].map(loaded));
    const {naturalWidth: width, naturalHeight: height} = images[0];
    const [picture, under] = images.map((each) => pixels(each, width, height).data);
    held = {own: src, width, height, picture, photo: under};
    return held;
  }

  function blend({picture, photo, width, height}, {strength, colours}) {
    const made = new ImageData(width, height), out = made.data, share = strength / 100;
    for (let at = 0; at < out.length; at += 4) {
      let lighter = 0;  // than the photo
      for (let each = 0; each < 3; each++) lighter += LUMA[each] * (picture[at + each] - photo[at + each]);
      for (let each = at; each < at + 3; each++) {
        const full = colours ? Math.min(Math.max(photo[each] + lighter, 0), 255) : picture[each];
        out[each] = photo[each] + share * (full - photo[each]);
      }
      out[at + 3] = picture[at + 3];
    }
    return made;
  }

  // While the slider moves: a canvas over the picture
  async function show(tile, wanted) {
    const source = await both(tile), {result, blended} = parts(tile);
    if (!tile.isConnected || !same(chosen.get(source.own), wanted)) return null;
    const canvas = blended ?? Object.assign(document.createElement('canvas'), {className: 'blended'});
    Object.assign(canvas, {width: source.width, height: source.height});
    canvas.getContext('2d').putImageData(blend(source, wanted), 0, 0);
    if (!blended) result.after(canvas);
    return canvas;
  }

  // Once it rests: the picture itself is the blended one, for all that reads it
  async function keep(tile) {
    const {result} = parts(tile), src = own({result}), wanted = chosen.get(src);
    const link = tile.querySelector('.actions a.download:not([data-other])');
    let address = src;
    if (!same(wanted, FULL)) {
      const canvas = await show(tile, wanted);
      const blob = canvas && await new Promise((done) => { canvas.toBlob(done); });
      if (!blob || !same(chosen.get(src), wanted)) return;
      address = URL.createObjectURL(blob);
    }
    if (result.src.startsWith('blob:')) URL.revokeObjectURL(result.src);
    result.dataset.own = src;
    result.src = address;
    await result.decode().catch(() => {});  // another came in between
    if (same(chosen.get(src), wanted)) parts(tile).blended?.remove();
    if (link) {
      link.dataset.own ??= link.getAttribute('href');
      link.dataset.name ??= link.download;
      link.href = address === src ? link.dataset.own : address;
      link.download = link.dataset.name.replace('.png', `${suffix(wanted)}.png`);
    }
  }

  const suffix = ({strength, colours}) => (
    (strength < 100 ? `-strength-${strength}` : '') + (colours ? '-photo-colours' : ''));

  function tell(tile, {strength, colours}) {
    const box = tile.querySelector('.blend');
    box.querySelector('.strength').value = strength;
    box.querySelector('.colours').checked = colours;
    box.querySelector('output').textContent = `${strength} %`;
    box.querySelector('.reset').disabled = same({strength, colours}, FULL);
  }

  function stated(tile) {
    const {strength, colours} = parts(tile);
    return {strength: Number(strength.value), colours: colours.checked};
  }

  function choose(tile, wanted, rests) {
    chosen.set(own(parts(tile)), wanted);
    tell(tile, wanted);
    (rests ? keep(tile) : show(tile, wanted)).catch(() => {});  // a picture that is gone is left as it is
  }

  for (const kind of ['input', 'change']) document.addEventListener(kind, ({target}) => {
    const tile = target.closest?.('.blend')?.closest('.tile');
    if (!tile) return;
    choose(tile, stated(tile), kind === 'change');
  });

  document.addEventListener('click', (event) => {
    const tile = event.target.closest?.('.blend .reset')?.closest('.tile');
    if (tile) {
      choose(tile, FULL, true);
      parts(tile).strength.focus();
    }
    const link = event.target.closest?.('.tile a.download[href^="blob:"]');
    if (link && event.isTrusted) {
      event.preventDefault();
      save(link);
    }
  });

  // A tile that is drawn anew, as after another timing, gets back what was chosen.
  new MutationObserver(() => {
    for (const tile of document.querySelectorAll('#grid .tile:has(.blend .strength)')) {
      const wanted = chosen.get(own(parts(tile)));
      if (wanted && !same(wanted, stated(tile))) choose(tile, wanted, true);
    }
  }).observe(document.documentElement, {subtree: true, childList: true});

  // The download: a PNG that has what the painted one says of itself, and how it was blended

  const TABLE = Uint32Array.from({length: 256}, (_, value) => {
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
    return value;
  });
  const crc = (bytes) => ~bytes.reduce((sum, byte) => TABLE[(sum ^ byte) & 255] ^ (sum >>> 8), ~0) >>> 0;
  const HEAD = 33;  // bytes of a PNG's signature and first chunk

  function textChunks(bytes) {
    const found = [], view = new DataView(bytes.buffer);
    for (let at = 8; at < bytes.length;) {
      const end = at + 12 + view.getUint32(at);
      if (/^(tEXt|zTXt|iTXt)$/.test(String.fromCharCode(...bytes.subarray(at + 4, at + 8)))) found.push(bytes.slice(at, end));
      at = end;
    }
    return found;
  }

  function textChunk(key, words) {
    const body = new TextEncoder().encode(`tEXt${key}\0${words}`), chunk = new Uint8Array(body.length + 8);
    const view = new DataView(chunk.buffer);
    view.setUint32(0, body.length - 4);
    chunk.set(body, 4);
    view.setUint32(body.length + 4, crc(body));
    return chunk;
  }

  async function save(link) {
    const bytes = async (address) => new Uint8Array(await (await fetch(address)).arrayBuffer());
    const {strength, colours} = chosen.get(own(parts(link.closest('.tile'))));
    const note = textChunk('stylegrid.blend', JSON.stringify({strength: strength / 100, keep_colours: colours}));
    const made = await bytes(link.href);
    const painted = await bytes(link.dataset.own).catch(() => new Uint8Array());  // where the server is gone
    const whole = new Blob([made.slice(0, HEAD), ...textChunks(painted), note, made.slice(HEAD)], {type: 'image/png'});
    const href = URL.createObjectURL(whole);
    Object.assign(document.createElement('a'), {href, download: link.download}).click();
    setTimeout(() => URL.revokeObjectURL(href), 60000);
  }
})();
