curl --request POST \
	--url 'https://developer.kdocs.cn/api/v1/openapi/notification/wecom?access_token=xxx' \
	--header 'Content-Type: application/json' \
	--data '{"link":"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx","data":[{"msgtype":"text","text":{"content":"这是要发送的消息"}},{"msgtype":"markdown","markdown":{"content":"## 这是要发送的markdown"}}]}'
