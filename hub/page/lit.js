// What a screen on a wall does by itself: it stays awake, is dim at night, and shows no pointer.

const NIGHT = [22, 6];          // from this hour to that one, by the screen's own clock
const MINUTE_MS = 60_000;
const STILL_MS = 3000;

let lock = null;

/** Asks the system not to switch the screen off, where a page may. */
export async function keepAwake() {
  dim();
  const wanted = navigator.wakeLock?.request('screen');
  lock = await wanted?.catch(() => null);
}

export function letSleep() {
  lock?.release();
  lock = null;
  document.body.classList.remove('night', 'still');
}

export const isNight = (hour) => hour >= NIGHT[0] || hour < NIGHT[1];

function dim() {
  document.body.classList.toggle('night', isNight(new Date().getHours()));
}

/** `isWall` says whether the wall is shown. */
export function watchWall(isWall) {
  let timer = 0;
  const rest = () => { if (isWall()) document.body.classList.add('still'); };
  addEventListener('pointermove', () => {
    document.body.classList.remove('still');
    clearTimeout(timer);
    timer = setTimeout(rest, STILL_MS);
  });
  timer = setTimeout(rest, STILL_MS);
  // A page that was hidden has lost the lock.
  document.addEventListener('visibilitychange', () => {
    if (isWall() && document.visibilityState === 'visible') keepAwake();
  });
  setInterval(() => { if (isWall()) dim(); }, MINUTE_MS);
}
