"""Verifies events (a list of {secret, headers, body} on standard input) with the package `standardwebhooks` of PyPI."""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

for event in json.load(sys.stdin):
    webhook = Webhook(event["secret"])
    webhook.verify(event["body"].encode(), event["headers"])
    try:
        webhook.verify((event["body"] + " ").encode(), event["headers"])
    except WebhookVerificationError:
        continue
    sys.exit("a changed event verifies")
print("verified")
