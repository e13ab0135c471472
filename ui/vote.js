// Runs once for the ballot: clicks, and the keys 1 to 4, Enter and U.
const press = (button) => {
  if (!button || button.disabled) return;
  const vote = button.closest('.vote');
  vote.querySelectorAll('button').forEach((each) => { each.disabled = true; });
  trigger('select', {index: vote.dataset.key, value: button.dataset.action});
};
// An answer can be given when both pictures are there.
const wait = async () => {
  const vote = element.querySelector('.vote'), images = [...element.querySelectorAll('.two img')];
  if (!vote) return;  // what Gradio can keep of the last showing it keeps, pictures too
  await Promise.all(images.map((image) => image.decode().catch(() => {})));
  if (vote.isConnected) vote.querySelectorAll('.answers button').forEach((each) => { each.disabled = false; });
};
new MutationObserver(wait).observe(element, {subtree: true, childList: true, attributeFilter: ['data-key']});
wait();
element.addEventListener('click', (event) => press(event.target.closest('button[data-action]')));
// The way back leads to the page that opened this one, where it is still there, with all that is chosen on it.
document.querySelector('#masthead .elsewhere')?.addEventListener('click', (event) => {
  if (!opener || opener.closed) return;
  event.preventDefault();
  close();
});
document.addEventListener('keydown', (event) => {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.('input:not([type=radio]), select, textarea, [role=listbox]')) return;
  const all = [...element.querySelectorAll('.answers button')];
  const named = (action) => all.find((each) => each.dataset.action === action);
  const number = Number(event.key);
  if (number >= 1 && number <= 4 && all.length === 4) press(all[number - 1]);
  else if (event.key === 'Enter' && !event.target.closest?.('button, a') && named('next')) press(named('next'));
  else if (event.key.toLowerCase() === 'u' && named('undo')) press(named('undo'));
});
