// The application. It knows nothing of functions: see handler.js and server.js.
const express = require('express');

const app = express();
app.use(express.json());

const notes = new Map();

app.get('/', (request, response) => {
  response.send('<h1>Notes</h1>');
});

app.get('/notes/:id', (request, response) => {
  const note = notes.get(request.params.id);
  if (!note) return response.status(404).json({ error: 'there is no such note' });
  return response.json(note);
});

app.put('/notes/:id', (request, response) => {
  const { text } = request.body ?? {};
  if (typeof text !== 'string') return response.status(400).json({ error: 'a note needs a text' });
  const note = { id: request.params.id, text };
  notes.set(note.id, note);
  return response.status(201).location(`/notes/${note.id}`).json(note);
});

app.get('/echo', (request, response) => {
  response.cookie('seen', 'yes').json({ query: request.query, agent: request.get('user-agent') ?? null });
});

app.use((request, response) => {
  response.status(404).json({ error: `nothing at ${request.method} ${request.path}` });
});

module.exports = app;
