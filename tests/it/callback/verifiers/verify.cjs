// Verifies events (a list of {secret, headers, body} on standard input) with the package `standardwebhooks` of npm.
const { readFileSync } = require("node:fs");
const { Webhook, WebhookVerificationError } = require("standardwebhooks");

for (const { secret, headers, body } of JSON.parse(readFileSync(0, "utf8"))) {
  const webhook = new Webhook(secret);
  webhook.verify(body, headers);
  try {
    webhook.verify(body + " ", headers);
  } catch (error) {
    if (error instanceof WebhookVerificationError) continue;
    throw error;
  }
  throw new Error("a changed event verifies");
}
console.log("verified");
