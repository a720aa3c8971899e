-- +goose Up

-- One row for each OpenID: what is known of a person in one account.
CREATE TABLE notify_identities (
	app_id    TEXT NOT NULL,
	open_id   TEXT NOT NULL,
	union_id  TEXT NOT NULL DEFAULT '',
	user_id   TEXT NOT NULL DEFAULT '', -- the program's own, '' until somebody tells
	scene_at  BIGINT NOT NULL DEFAULT 0, -- above 0: user_id is a guess, from a QR code that was scanned then
	follow    BIGINT NOT NULL DEFAULT 0, -- 0 unknown, 1 no, 2 yes
	follow_at BIGINT NOT NULL DEFAULT 0,
	seen_at   BIGINT NOT NULL DEFAULT 0, -- the latest sign of this identity
	PRIMARY KEY (app_id, open_id)
);
CREATE INDEX notify_identities_user ON notify_identities (user_id, app_id);
CREATE INDEX notify_identities_union ON notify_identities (union_id, app_id);

-- Scenes of follow QR codes that were made for one user, each with who scanned it first.
CREATE TABLE notify_scenes (
	scene   TEXT NOT NULL PRIMARY KEY,
	user_id TEXT NOT NULL,
	app_id  TEXT NOT NULL DEFAULT '',
	open_id TEXT NOT NULL DEFAULT '',
	used_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX notify_scenes_user ON notify_scenes (user_id);
CREATE INDEX notify_scenes_holder ON notify_scenes (app_id, open_id);

-- What WeChat, the client or a refused send told about a person, each once. Nothing is added up here: what
-- is left is counted from the set, so that neither order nor repetition matters.
CREATE TABLE notify_facts (
	app_id  TEXT NOT NULL,
	open_id TEXT NOT NULL,
	kind    TEXT NOT NULL,
	topic   TEXT NOT NULL, -- template id, '' where there is none
	at      BIGINT NOT NULL,
	ref     TEXT NOT NULL DEFAULT '', -- tells facts of the same second apart
	PRIMARY KEY (app_id, open_id, kind, topic, at, ref)
);

-- What became of messages, as the events told, whoever sent them.
CREATE TABLE notify_receipts (
	app_id      TEXT NOT NULL,
	msg_id      BIGINT NOT NULL,
	open_id     TEXT NOT NULL,
	template_id TEXT NOT NULL DEFAULT '',
	status      TEXT NOT NULL, -- delivered, refused or failed
	reason      TEXT NOT NULL DEFAULT '',
	at          BIGINT NOT NULL,
	PRIMARY KEY (app_id, msg_id)
);
CREATE INDEX notify_receipts_user ON notify_receipts (app_id, open_id);

CREATE TABLE notify_optouts (
	user_id TEXT NOT NULL,
	topic   TEXT NOT NULL,
	at      BIGINT NOT NULL,
	PRIMARY KEY (user_id, topic)
);

CREATE TABLE notify_reminders (
	id         TEXT NOT NULL PRIMARY KEY,
	user_id    TEXT NOT NULL,
	topic      TEXT NOT NULL,
	due        BIGINT NOT NULL,
	spec       TEXT NOT NULL, -- the reminder as JSON
	version    BIGINT NOT NULL,
	state      TEXT NOT NULL, -- active, cancelled
	updated_at BIGINT NOT NULL
);
CREATE INDEX notify_reminders_user ON notify_reminders (user_id);

-- One row for each reminder, due time and lead: what is planned and what happened. This is the truth; a job
-- of the queue says only that there is something to do.
CREATE TABLE notify_firings (
	id          TEXT NOT NULL PRIMARY KEY,
	reminder_id TEXT NOT NULL,
	user_id     TEXT NOT NULL,
	due         BIGINT NOT NULL,
	lead        TEXT NOT NULL,
	fire_at     BIGINT NOT NULL,
	state       TEXT NOT NULL, -- planned, queued, or how it ended
	version     BIGINT NOT NULL,
	tries       BIGINT NOT NULL DEFAULT 0,
	lease_until BIGINT NOT NULL DEFAULT 0, -- while queued: when somebody else may take it up
	door        TEXT NOT NULL DEFAULT '',
	reason      TEXT NOT NULL DEFAULT '',
	decision    TEXT NOT NULL DEFAULT '', -- the router's reasons as JSON
	settled_at  BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX notify_firings_state ON notify_firings (state, fire_at, id);
CREATE INDEX notify_firings_time ON notify_firings (fire_at, id);
CREATE INDEX notify_firings_queued ON notify_firings (lease_until) WHERE state = 'queued';
CREATE INDEX notify_firings_reminder ON notify_firings (reminder_id);
CREATE INDEX notify_firings_user ON notify_firings (user_id);

-- One row for each attempt at a door, committed before anything is sent.
CREATE TABLE notify_intents (
	firing_id    TEXT NOT NULL,
	seq          BIGINT NOT NULL,
	door         TEXT NOT NULL,
	app_id       TEXT NOT NULL,
	open_id      TEXT NOT NULL,
	template_id  TEXT NOT NULL DEFAULT '',
	uses         TEXT NOT NULL DEFAULT '', -- consent or reply: what the message used up
	state        TEXT NOT NULL, -- sending, or how it ended
	msg_id       BIGINT NOT NULL DEFAULT 0,
	reason       TEXT NOT NULL DEFAULT '',
	started_at   BIGINT NOT NULL,
	lease_until  BIGINT NOT NULL,
	settled_at   BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (firing_id, seq)
);
CREATE INDEX notify_intents_user ON notify_intents (app_id, open_id);
CREATE INDEX notify_intents_message ON notify_intents (app_id, msg_id);
-- One message to one person of one account at a time: WeChat refuses more (43108).
CREATE UNIQUE INDEX notify_intents_open ON notify_intents (app_id, open_id) WHERE state = 'sending' AND open_id <> '';

-- The next free slot of each account whose sends are limited.
CREATE TABLE notify_rates (
	app_id  TEXT NOT NULL PRIMARY KEY,
	next_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE notify_rates;
DROP TABLE notify_intents;
DROP TABLE notify_firings;
DROP TABLE notify_reminders;
DROP TABLE notify_optouts;
DROP TABLE notify_receipts;
DROP TABLE notify_facts;
DROP TABLE notify_scenes;
DROP TABLE notify_identities;
