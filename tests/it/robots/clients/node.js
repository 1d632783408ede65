const http = require("https");

const options = {
	"method": "POST",
	"hostname": "developer.kdocs.cn",
	"port": null,
	"path": "/api/v1/openapi/notification/wecom?access_token=xxx",
	"headers": {
		"Content-Type": "application/json"
	}
};

const req = http.request(options, function (res) {
	const chunks = [];

	res.on("data", function (chunk) {
		chunks.push(chunk);
	});

	res.on("end", function () {
		const body = Buffer.concat(chunks);
		console.log(body.toString());
	});
});

req.write(JSON.stringify({
  link: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx',
  data: [
    {msgtype: 'text', text: {content: '这是要发送的消息'}},
    {msgtype: 'markdown', markdown: {content: '## 这是要发送的markdown'}}
  ]
}));
req.end();
