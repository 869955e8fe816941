// A relay on uWebSockets.js: its own topics do the fan-out, in C++, and put what one turn of the
// loop brings for a socket into one write.
'use strict';

// Straight to the binary: the package's entry would fall back to JavaScript without a word.
const binary = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`;
const uws = require(`@trufflesuite/uws-js-unofficial/binaries/${binary}`);

const app = uws.App().ws('/*', {
  idleTimeout: 0,
  sendPingsAutomatically: false,
  message: (socket, message) => {
    if (socket.group === undefined) {
      socket.group = Buffer.from(message).toString().split(' ')[1];
      socket.subscribe(socket.group);
      socket.send('joined');
      return;
    }
    // To all who subscribe but the sender.
    socket.publish(socket.group, message, false);
  },
});

app.listen('127.0.0.1', 0, (listening) => {
  if (!listening) throw new Error('no port to listen on');
  console.log(`listening on ws://127.0.0.1:${uws.us_socket_local_port(listening)}`);
});
