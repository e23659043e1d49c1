// Talks to an echo server and prints what it saw as JSON.
'use strict';
const WebSocket = require('ws');
const crypto = require('crypto');

const socket = new WebSocket(process.argv[2]);
const large = crypto.randomBytes(Number(process.argv[3]));
const seen = {};

function answer(event) {
  return new Promise((resolve) => {
    socket.once(event, (data, isBinary) => resolve({ data, isBinary }));
  });
}

socket.on('open', async () => {
  socket.send('Grüße');
  const text = await answer('message');
  seen.text = text.data.toString();
  seen.textIsText = !text.isBinary;
  socket.send(large);
  const binary = await answer('message');
  seen.binary = binary.isBinary && Buffer.compare(binary.data, large) === 0;
  socket.send('in ', { fin: false });
  socket.ping('between');
  socket.send('parts', { fin: true });
  const [pong, joined] = await Promise.all([answer('pong'), answer('message')]);
  seen.pong = pong.data.toString();
  seen.joined = joined.data.toString();
  socket.close(4321, 'done');
});
socket.on('close', (code) => {
  console.log(JSON.stringify({ ...seen, code }));
});
socket.on('error', (error) => {
  console.log(JSON.stringify({ ...seen, error: error.message }));
  process.exit(1);
});
