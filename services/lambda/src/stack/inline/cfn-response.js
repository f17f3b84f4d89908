// Tells CloudFormation how it went with a custom resource. Code that stands in a template finds this module beside it.
'use strict';

const http = require('http');
const https = require('https');

exports.SUCCESS = 'SUCCESS';
exports.FAILED = 'FAILED';

exports.send = (event, context, responseStatus, responseData, physicalResourceId, noEcho) =>
  new Promise((resolve) => {
    const body = JSON.stringify({
      Status: responseStatus,
      Reason: `See the details in CloudWatch Log Stream: ${context.logStreamName}`,
      PhysicalResourceId: physicalResourceId || context.logStreamName,
      StackId: event.StackId,
      RequestId: event.RequestId,
      LogicalResourceId: event.LogicalResourceId,
      NoEcho: noEcho || false,
      Data: responseData,
    });
    const end = (text) => {
      console.log(text);
      // Handlers with a callback end here.
      context.done?.();
      resolve();
    };
    const url = new URL(event.ResponseURL);
    const headers = { 'content-type': '', 'content-length': Buffer.byteLength(body) };
    const client = url.protocol === 'http:' ? http : https;
    const request = client.request(url, { method: 'PUT', headers }, (answer) => {
      answer.resume();
      end(`Status code: ${answer.statusCode}`);
    });
    request.on('error', (error) => end(`The answer to CloudFormation could not be sent: ${error.message}`));
    request.end(body);
  });
