// The start page's search: what a browser does with the service, in thirty lines.
const form = document.getElementById('search');
const list = document.getElementById('programs');
const message = document.getElementById('message');

async function search() {
  const { location, ageGroup, radius } = Object.fromEntries(new FormData(form));
  const input = { location, radius: Number(radius), ...(ageGroup && { ageGroup }) };
  const response = await fetch('/api/trpc/search.findPrograms', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ json: input }),
  });
  const { result, error } = await response.json();
  list.replaceChildren(...(result?.data.programs ?? []).map(row));
  message.textContent = error?.message ?? `The ${list.childElementCount} nearest programmes.`;
}

function row(program) {
  const item = document.createElement('li');
  const image = document.createElement('img');
  image.src = `/images/programs/${program.id}.svg`;
  image.alt = '';
  image.loading = 'lazy';
  const text = document.createElement('div');
  text.append(program.title, document.createElement('br'), small(`${program.providerName}, ${program.suburb}, ages ${program.ages}`));
  item.append(image, text, small(`${program.distanceKm.toFixed(1)} km`));
  return item;
}

function small(text) {
  const element = document.createElement('small');
  element.textContent = text;
  return element;
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  search();
});
search();
