// The texts of the scripts that follow, in the browser's language as Gradio takes it.
const say = (() => {
  const named = navigator.language || navigator.languages[0], first = {'zh-TW': 'zh-CN'}[named] ?? named;
  const texts = TEXTS[first] ?? TEXTS[first.split('-')[0]] ?? TEXTS.en;
  return (key, values = {}) => texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
})();
