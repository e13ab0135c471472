// Says what happened where the server does not answer any more, and when it does again.
(() => {
  const BETWEEN = {calm: 10000, running: 3000};  // ms from one look to the next
  let lost = null;

  const box = () => document.getElementById('connection')?.querySelector('p');
  const running = () => document.querySelector('#stop:not(:disabled)') !== null;

  function tell(kind, wasRunning) {
    const words = box();
    if (!words) return;
    const time = lost?.toLocaleTimeString([], {hour: '2-digit', minute: '2-digit'});
    words.textContent = kind ? words.dataset[wasRunning ? `${kind}Running` : kind].replace('{time}', time) : '';
    words.hidden = !kind;
  }

  let cut = false;  // a run

  async function look() {
    let answers = false;
    try {
      answers = (await fetch('healthz', {cache: 'no-store', signal: AbortSignal.timeout(5000)})).ok;
    } catch { /* it does not */ }
    if (!answers && !lost) {
      [lost, cut] = [new Date(), running()];
      tell('lost', cut);
    } else if (answers && lost) {
      tell('back', cut);
      lost = null;
    }
  }

  const again = () => setTimeout(async () => {
    if (!document.hidden) await look();
    again();
  }, running() || lost ? BETWEEN.running : BETWEEN.calm);
  again();
  addEventListener('offline', look);
  addEventListener('online', look);
})();
