// What the scripts that compute with pictures share.

// The address of a tile's picture as it was painted, of whatever strength it is shown
const asPainted = (result) => result.dataset.own ?? result.getAttribute('src');

async function loaded(src) {
  const image = new Image();
  image.src = src;
  await image.decode();
  return image;
}

function pixels(image, width, height) {
  const canvas = Object.assign(document.createElement('canvas'), {width, height});
  const context = canvas.getContext('2d', {willReadFrequently: true});
  context.drawImage(image, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}
