// Reads the document that stands in the page, and draws it.

import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import { App } from './app';
import { VERSION, type RunDocument } from './document';
import './style.css';

const place = document.getElementById('page');
const text = document.getElementById('run')?.textContent;
if (place && text) {
  const run = JSON.parse(text) as RunDocument;
  place.replaceChildren();
  if (run.version === VERSION) {
    render(<App run={run} />, place);
  } else {
    place.textContent = `This page reads version ${VERSION} of a run's document, and this one is of version ${run.version}.`;
  }
}
