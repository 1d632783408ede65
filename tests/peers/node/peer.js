// Callbacks to a subscriber, and texts to Quntool, with fastify, better-sqlite3 and undici.
//
// What is acknowledged is durable (WAL, synchronous=NORMAL, as in the gateway). PEER_PROCESSES of them share the port and
// the database.

import cluster from "node:cluster";
import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import fastify from "fastify";
import { Agent, request, setGlobalDispatcher } from "undici";

const { PEER_PORT, PEER_DATA, PEER_CREDENTIAL, PEER_SCHEMA, PEER_SECRET, PEER_SUBSCRIBER, PEER_UPSTREAM } = process.env;
const PROCESSES = Number(process.env.PEER_PROCESSES);
const SPACING_MS = 500;
const WAIT_MS = 2_000;
const PER_HOUR = 50_000;
const RETRY_MS = 5_000;
const TIMEOUT_MS = 15_000;

const credential = Buffer.from(PEER_CREDENTIAL);
const secret = Buffer.from(PEER_SECRET.slice("whsec_".length), "base64");

const database = new Database(join(PEER_DATA, "peer.db"), { timeout: 5_000 });
database.pragma("journal_mode = WAL");
database.pragma("synchronous = NORMAL");
database.exec(readFileSync(PEER_SCHEMA, "utf8"));

function serve() {
  setGlobalDispatcher(new Agent({ connections: 64, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS }));
  const insertEvent = database.prepare(
    `INSERT INTO event (id, message_id, received_at, state, due_at, raw) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (message_id) DO NOTHING`,
  );
  const settle = database.prepare("UPDATE event SET state = 'delivered' WHERE id = ?");
  const postpone = database.prepare("UPDATE event SET due_at = ? WHERE id = ?");
  const claim = database.prepare(
    `UPDATE event SET due_at = @now + ${TIMEOUT_MS} WHERE sequence IN
     (SELECT sequence FROM event WHERE state = 'pending' AND due_at <= @now ORDER BY due_at LIMIT 100)
     RETURNING id, received_at, raw`,
  );
  const space = database.prepare(
    `INSERT INTO account (id, free_at) VALUES (@account, @now + ${SPACING_MS})
     ON CONFLICT (id) DO UPDATE SET free_at = max(free_at, @now) + ${SPACING_MS} RETURNING free_at`,
  );
  const count = database.prepare(
    "INSERT INTO quota (minute, sent) VALUES (?, 1) ON CONFLICT (minute) DO UPDATE SET sent = sent + 1",
  );
  const used = database.prepare("SELECT coalesce(sum(sent), 0) AS sent FROM quota WHERE minute > ?");
  const insertMessage = database.prepare(
    `INSERT INTO message (id, account, conversation, content, state, created_at, changed_at)
     VALUES (?, ?, ?, ?, 'sending', ?, ?)`,
  );
  const change = database.prepare("UPDATE message SET state = ?, upstream_id = ?, changed_at = ? WHERE id = ?");

  /** Accepts a message: answers how long it has to wait, or throws, and then nothing is written. */
  const accept = database.transaction((id, body, now) => {
    const minute = Math.floor(now / 60_000);
    if (used.get(minute - 60).sent >= PER_HOUR) throw new Refusal(429, "too many messages in an hour");
    const wait = space.get({ account: body.wxId, now }).free_at - SPACING_MS - now;
    if (wait > WAIT_MS) throw new Refusal(429, "too many messages of the account");
    count.run(minute);
    insertMessage.run(id, body.wxId, body.conversationId, body.content, now, now);
    return wait;
  });

  /** Hands an event on, signed as Standard Webhooks says. */
  async function deliver(id, receivedAt, raw) {
    const callback = JSON.parse(raw);
    const data = callback.data ?? {};
    const event = JSON.stringify({
      id,
      type: callback.type,
      timestamp: new Date(receivedAt).toISOString(),
      data: {
        account: callback.wxid,
        conversation: data.conversation_id,
        direction: data.sender === callback.wxid ? "sent" : "received",
        sender: { id: data.sender, name: data.sender_name },
        content: { type: "text", text: data.content },
        raw: callback,
      },
    });
    const seconds = Math.floor(Date.now() / 1000);
    const signature = createHmac("sha256", secret).update(`${id}.${seconds}.${event}`).digest("base64");
    const headers = {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(seconds),
      "webhook-signature": `v1,${signature}`,
    };
    try {
      const answer = await request(PEER_SUBSCRIBER, { method: "POST", headers, body: event });
      await answer.body.dump();
      if (answer.statusCode < 300) return settle.run(id);
    } catch {
      // As a refusal: it is tried again.
    }
    postpone.run(Date.now() + RETRY_MS, id);
  }

  const app = fastify({ bodyLimit: 1 << 20 });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error, _request, reply) => {
    reply.code(error.statusCode ?? 500).send({ code: error.statusCode ?? 500, msg: error.message });
  });

  app.post("/callback/quntool/:token", (received, reply) => {
    if (!matches(received.params.token)) throw new Refusal(401, "the token is wrong");
    const callback = object(received.body);
    const [id, now] = [randomUUID(), Date.now()];
    const state = PEER_SUBSCRIBER ? "pending" : "routed";
    const { changes } = insertEvent.run(id, String(callback.msgId), now, state, now + TIMEOUT_MS, received.body);
    reply.send({ code: 0, msg: "" });
    if (changes === 1 && PEER_SUBSCRIBER) setImmediate(deliver, id, now, received.body);
  });

  app.post("/gnapi/open/msg/text", async (received, reply) => {
    if (!matches(received.headers.apikey)) throw new Refusal(401, "the apikey is wrong");
    const body = object(received.body);
    for (const name of ["wxId", "conversationId", "content"]) {
      if (typeof body[name] !== "string" || body[name] === "") throw new Refusal(400, `${name} is required`);
    }
    const id = randomUUID();
    const wait = accept.immediate(id, body, Date.now());
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    reply.header("x-message-id", id);
    try {
      const answer = await request(`${PEER_UPSTREAM}/gnapi/open/msg/text`, {
        method: "POST",
        headers: { "content-type": "application/json", apikey: PEER_CREDENTIAL },
        body: JSON.stringify({ wxId: body.wxId, conversationId: body.conversationId, content: body.content }),
      });
      const told = await answer.body.json();
      const taken = answer.statusCode === 200 && told.code === 0;
      change.run(taken ? "submitted" : "failed", told.data?.msgId ?? null, Date.now(), id);
      return told;
    } catch {
      change.run("unknown", null, Date.now(), id);
      throw new Refusal(504, "the platform did not answer");
    }
  });

  if (PEER_SUBSCRIBER) {
    setInterval(() => {
      for (const event of claim.all({ now: Date.now() })) deliver(event.id, event.received_at, event.raw);
    }, 1_000);
  }
  app.listen({ host: "127.0.0.1", port: Number(PEER_PORT) });
}

class Refusal extends Error {
  constructor(statusCode, message) {
    super(message);
    this.statusCode = statusCode;
  }
}

function matches(presented) {
  const bytes = Buffer.from(presented ?? "");
  return bytes.length === credential.length && timingSafeEqual(bytes, credential);
}

function object(bytes) {
  try {
    const value = JSON.parse(bytes);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // As any other value that is no object.
  }
  throw new Refusal(400, "a JSON object is required");
}

if (PROCESSES > 1 && cluster.isPrimary) {
  for (let number = 0; number < PROCESSES; number += 1) cluster.fork();
} else {
  serve();
}
