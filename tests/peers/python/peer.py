"""Callbacks to a subscriber, and texts to Quntool, with FastAPI, httpx and sqlite3; and robots' texts with apprise.

What is acknowledged is durable (WAL, synchronous=NORMAL, as in the gateway). PEER_PROCESSES of them share the port and
the database.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import sqlite3
import time
import uuid
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from urllib.parse import parse_qs, urlsplit

import apprise
import httpx
import uvicorn
from apprise.plugins.wecombot import NotifyWeComBot
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse

SETTINGS = {name: os.environ.get(f"PEER_{name}", "") for name in (
    "PORT", "DATA", "CREDENTIAL", "SCHEMA", "SECRET", "SUBSCRIBER", "UPSTREAM", "PROCESSES")}
CREDENTIAL = SETTINGS["CREDENTIAL"].encode()
SUBSCRIBER = SETTINGS["SUBSCRIBER"]
UPSTREAM = SETTINGS["UPSTREAM"]
SECRET = base64.b64decode(SETTINGS["SECRET"].removeprefix("whsec_"))
SPACING_MS = 500
WAIT_MS = 2_000
PER_HOUR = 50_000
RETRY_MS = 5_000
TIMEOUT = 15

# Apprise knows one origin of robots.
NotifyWeComBot.notify_url = UPSTREAM + "/cgi-bin/webhook/send?key={key}"

database: sqlite3.Connection
client: httpx.AsyncClient
tasks: set[asyncio.Task] = set()


def now() -> int:
    return time.time_ns() // 1_000_000


@asynccontextmanager
async def lifespan(_app: FastAPI):
    global database, client
    database = sqlite3.connect(
        os.path.join(SETTINGS["DATA"], "peer.db"), timeout=5, isolation_level=None, check_same_thread=False)
    # Of processes that switch a new file at once SQLite tells all but one that it is locked, and waits for nobody.
    for _ in range(100):
        try:
            database.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError:
            time.sleep(0.05)
    database.execute("PRAGMA synchronous = NORMAL")
    with open(SETTINGS["SCHEMA"], encoding="utf-8") as schema:
        database.executescript(schema.read())
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    async with httpx.AsyncClient(limits=limits, timeout=TIMEOUT, trust_env=False) as client:
        if SUBSCRIBER:
            spawn(retry())
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/callback/quntool/{token}")
async def callback(token: str, request: Request):
    if not hmac.compare_digest(token.encode(), CREDENTIAL):
        raise HTTPException(401, "the token is wrong")
    raw = await request.body()
    body = parsed(raw)
    identifier, at = str(uuid.uuid4()), now()
    inserted = database.execute(
        "INSERT INTO event (id, message_id, received_at, state, due_at, raw) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (message_id) DO NOTHING",
        (identifier, str(body.get("msgId")), at, "pending" if SUBSCRIBER else "routed", at + TIMEOUT * 1_000, raw))
    if inserted.rowcount == 1 and SUBSCRIBER:
        spawn(deliver(identifier, at, raw))
    return JSONResponse({"code": 0, "msg": ""})


async def deliver(identifier: str, received_at: int, raw: bytes):
    """Hands an event on, signed as Standard Webhooks says."""
    body = json.loads(raw)
    data = body.get("data") or {}
    event = json.dumps({
        "id": identifier,
        "type": body.get("type"),
        "timestamp": datetime.fromtimestamp(received_at / 1_000, timezone.utc).isoformat(),
        "data": {
            "account": body.get("wxid"),
            "conversation": data.get("conversation_id"),
            "direction": "sent" if data.get("sender") == body.get("wxid") else "received",
            "sender": {"id": data.get("sender"), "name": data.get("sender_name")},
            "content": {"type": "text", "text": data.get("content")},
            "raw": body,
        },
    }, ensure_ascii=False, separators=(",", ":")).encode()
    seconds = str(int(time.time()))
    signed = b".".join((identifier.encode(), seconds.encode(), event))
    signature = base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
    headers = {
        "content-type": "application/json",
        "webhook-id": identifier,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{signature}",
    }
    try:
        answer = await client.post(SUBSCRIBER, content=event, headers=headers)
        taken = answer.is_success
    except httpx.HTTPError:
        taken = False
    if taken:
        database.execute("UPDATE event SET state = 'delivered' WHERE id = ?", (identifier,))
    else:
        database.execute("UPDATE event SET due_at = ? WHERE id = ?", (now() + RETRY_MS, identifier))


async def retry():
    while True:
        await asyncio.sleep(1)
        due = database.execute(
            f"UPDATE event SET due_at = ?1 + {TIMEOUT * 1_000} WHERE sequence IN"
            " (SELECT sequence FROM event WHERE state = 'pending' AND due_at <= ?1 ORDER BY due_at LIMIT 100)"
            " RETURNING id, received_at, raw", (now(),)).fetchall()
        for event in due:
            spawn(deliver(*event))


@app.post("/gnapi/open/msg/text")
async def text(request: Request):
    if not hmac.compare_digest(request.headers.get("apikey", "").encode(), CREDENTIAL):
        raise HTTPException(401, "the apikey is wrong")
    body = parsed(await request.body())
    for name in ("wxId", "conversationId", "content"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise HTTPException(400, f"{name} is required")
    identifier = str(uuid.uuid4())
    wait = accept(identifier, body, now())
    if wait > 0:
        await asyncio.sleep(wait / 1_000)
    message = {name: body[name] for name in ("wxId", "conversationId", "content")}
    try:
        answer = await client.post(
            f"{UPSTREAM}/gnapi/open/msg/text", json=message, headers={"apikey": SETTINGS["CREDENTIAL"]})
        told = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        change("unknown", None, identifier)
        raise HTTPException(504, "the platform did not answer") from error
    taken = answer.status_code == 200 and told.get("code") == 0
    change("submitted" if taken else "failed", (told.get("data") or {}).get("msgId"), identifier)
    return JSONResponse(told, headers={"x-message-id": identifier})


def accept(identifier: str, body: dict, at: int) -> int:
    """Accepts a message: answers how long it has to wait, or raises, and then nothing is written."""
    minute = at // 60_000
    database.execute("BEGIN IMMEDIATE")
    try:
        (used,) = database.execute("SELECT coalesce(sum(sent), 0) FROM quota WHERE minute > ?", (minute - 60,)).fetchone()
        if used >= PER_HOUR:
            raise HTTPException(429, "too many messages in an hour")
        ((free_at,),) = database.execute(
            f"INSERT INTO account (id, free_at) VALUES (?1, ?2 + {SPACING_MS}) ON CONFLICT (id)"
            f" DO UPDATE SET free_at = max(free_at, ?2) + {SPACING_MS} RETURNING free_at", (body["wxId"], at)).fetchall()
        wait = free_at - SPACING_MS - at
        if wait > WAIT_MS:
            raise HTTPException(429, "too many messages of the account")
        database.execute(
            "INSERT INTO quota (minute, sent) VALUES (?, 1) ON CONFLICT (minute) DO UPDATE SET sent = sent + 1", (minute,))
        database.execute(
            "INSERT INTO message (id, account, conversation, content, state, created_at, changed_at)"
            " VALUES (?, ?, ?, ?, 'sending', ?, ?)",
            (identifier, body["wxId"], body["conversationId"], body["content"], at, at))
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")
    return wait


def change(state: str, upstream_id: str | None, identifier: str):
    database.execute(
        "UPDATE message SET state = ?, upstream_id = ?, changed_at = ? WHERE id = ?",
        (state, upstream_id, now(), identifier))


@app.post("/api/v1/openapi/notification/wecom")
async def relay(request: Request):
    body = parsed(await request.body())
    (key,) = parse_qs(urlsplit(body["link"]).query)["key"]
    robot = apprise.Apprise()
    robot.add(f"wecombot://{key}")
    for message in body["data"]:
        if not await robot.async_notify(body=message["text"]["content"]):
            raise HTTPException(502, "the robot did not take it")
    return JSONResponse({"code": 0, "data": {}})


def parsed(raw: bytes) -> dict:
    try:
        value = json.loads(raw)
    except ValueError as error:
        raise HTTPException(400, "JSON is required") from error
    if not isinstance(value, dict):
        raise HTTPException(400, "a JSON object is required")
    return value


def spawn(work):
    task = asyncio.create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)


if __name__ == "__main__":
    uvicorn.run("peer:app", host="127.0.0.1", port=int(SETTINGS["PORT"]), workers=int(SETTINGS["PROCESSES"]),
                log_level="warning", access_log=False)
