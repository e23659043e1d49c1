// Runs one conversation against the echo server and prints what it saw as JSON.
'use strict';
const WebSocket = require('ws');
const crypto = require('crypto');

const url = process.argv[2];
const large = crypto.randomBytes(Number(process.argv[3]));
const socket = new WebSocket(url, { maxPayload: 64 * 1024 * 1024 });
const seen = {};

function ask(message) {
  return new Promise((resolve) => {
    socket.once('message', (data, isBinary) => resolve({ data, isBinary }));
    socket.send(message);
  });
}

function pong() {
  return new Promise((resolve) => {
    socket.once('pong', (data) => resolve(data.toString()));
    socket.ping('are you there');
  });
}

socket.on('open', async () => {
  seen.path = (await ask('where')).data.toString();
  seen.text = (await ask('Grüße')).data.toString();
  const echoed = await ask(large);
  seen.binary = echoed.isBinary && Buffer.compare(echoed.data, large) === 0;
  seen.pong = await pong();
  socket.send('leave');
});
socket.on('close', (code, reason) => {
  console.log(JSON.stringify({ ...seen, code, reason: reason.toString() }));
});
socket.on('error', (error) => {
  console.log(JSON.stringify({ ...seen, error: error.message }));
  process.exit(1);
});
