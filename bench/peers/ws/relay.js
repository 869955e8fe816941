// A relay as one writes it with `ws`: a set of sockets per group, one send each.
'use strict';

const { WebSocketServer } = require('ws');

const groups = new Map();
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, backlog: 4096 });

server.on('listening', () => {
  console.log(`listening on ws://127.0.0.1:${server.address().port}`);
});

server.on('connection', (socket) => {
  let group = null;
  socket.on('message', (data) => {
    if (group === null) {
      const name = data.toString().split(' ')[1];
      group = groups.get(name) ?? new Set();
      groups.set(name, group);
      group.add(socket);
      socket.send('joined');
      return;
    }
    for (const other of group) {
      if (other !== socket) other.send(data, { binary: false });
    }
  });
  socket.on('close', () => group?.delete(socket));
  socket.on('error', () => socket.terminate());
});
