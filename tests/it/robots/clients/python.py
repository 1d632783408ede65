import http.client

conn = http.client.HTTPSConnection("developer.kdocs.cn")

payload = "{\"link\":\"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx\",\"data\":[{\"msgtype\":\"text\",\"text\":{\"content\":\"这是要发送的消息\"}},{\"msgtype\":\"markdown\",\"markdown\":{\"content\":\"## 这是要发送的markdown\"}}]}"

headers = { 'Content-Type': "application/json" }

conn.request("POST", "/api/v1/openapi/notification/wecom?access_token=xxx", payload, headers)

res = conn.getresponse()
data = res.read()

print(data.decode("utf-8"))
