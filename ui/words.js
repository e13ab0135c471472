// The texts of the scripts that follow, in the browser's language as Gradio takes it.
const say = (() => {
  let first = navigator.language || navigator.languages[0];
  if (/^zh\b/.test(first)) {  // Gradio would show English to those of Taiwan and Hong Kong
    first = 'zh-CN';
    Object.defineProperty(navigator, 'language', {value: first, configurable: true});
  }
  const texts = TEXTS[first] ?? TEXTS[first.split('-')[0]] ?? TEXTS.en;
  return (key, values = {}) => texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
})();
