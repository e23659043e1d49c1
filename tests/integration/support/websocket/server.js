// Echoes every message as it came; the path and the chosen subprotocol can be asked for.
'use strict';
const { WebSocketServer } = require('ws');

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]),
                                     maxPayload: 64 * 1024 * 1024 });
server.on('connection', (socket, request) => {
  socket.on('message', (data, isBinary) => {
    if (!isBinary && data.toString() === 'where') return socket.send(request.url);
    if (!isBinary && data.toString() === 'leave') return socket.close(4001, 'as asked');
    socket.send(data, { binary: isBinary });
  });
});
