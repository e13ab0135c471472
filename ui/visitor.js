// A signed token stands in for the visitor's cookie where a page in another site's frame gets none.
(() => {
  const key = 'stylegrid-visitor', plain = window.fetch;
  let kept = null;
  try { kept = localStorage.getItem(key); } catch { /* blocked as well: the token lives as long as the page */ }
  const asked = plain('visitor', {headers: {'x-stylegrid-visitor': kept || ''}})
    .then(answer => answer.ok ? answer.text() : kept).catch(() => kept)
    .then(token => { try { localStorage.setItem(key, token); } catch { /* as above */ } return token; });
  window.fetch = async (input, init) => {
    const address = new URL(input instanceof Request ? input.url : input, location.href);
    if (address.origin !== location.origin || !address.pathname.includes('/gradio_api/')) return plain(input, init);
    const request = new Request(input, init), token = await asked;
    if (token) request.headers.set('x-stylegrid-visitor', token);
    return plain(request);
  };
})();
