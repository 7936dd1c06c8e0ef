const JsSIP = require('jssip');

module.exports = {
  UA: JsSIP.UA,
  WebSocketInterface: JsSIP.WebSocketInterface,
  debug: JsSIP.debug,
  version: JsSIP.version,
  RequestSender: require('jssip/lib/RequestSender'),
  SIPMessage: require('jssip/lib/SIPMessage'),
};
